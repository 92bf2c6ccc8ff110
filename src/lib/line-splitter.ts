import { StringDecoder } from "node:string_decoder";

/**
 * Cuts a byte stream into lines of UTF-8 text without their ends: `\n`, `\r\n`, or a bare `\r`, with which programs draw
 * their progress over and over; that makes no empty lines.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  readonly #limit: number;
  #rest = "";
  /** The last line ended with `\r`: a `\n` that comes next belongs to that end. */
  #returned = false;

  /** A line longer than `limit` characters is cut into several: what sends no line end must not fill the memory. */
  constructor(onLine: (line: string) => void, limit = 65_536) {
    this.#onLine = onLine;
    this.#limit = limit;
  }

  write(bytes: Uint8Array): void {
    this.#cut(this.#decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
  }

  /** Hands out what came after the last line end, if anything. */
  end(): void {
    this.#cut(this.#decoder.end());
    if (this.#rest !== "") this.#emit();
  }

  #cut(text: string): void {
    let start = 0;
    for (const { 0: end, index } of text.matchAll(/[\r\n]/g)) {
      this.#keep(text.slice(start, index));
      this.#endLine(end === "\r");
      start = index + 1;
    }
    this.#keep(text.slice(start));
  }

  #endLine(withReturn: boolean): void {
    if (this.#rest !== "") {
      this.#emit();
      this.#returned = withReturn;
    } else if (!withReturn) {
      if (!this.#returned) this.#emit();
      this.#returned = false;
    }
  }

  #keep(text: string): void {
    this.#rest += text;
    while (this.#rest.length > this.#limit) {
      const end = this.#limit - (endsInHalfCharacter(this.#rest, this.#limit) ? 1 : 0);
      this.#onLine(this.#rest.slice(0, end));
      this.#rest = this.#rest.slice(end);
    }
  }

  #emit(): void {
    const line = this.#rest;
    this.#rest = "";
    this.#onLine(line);
  }
}

/** Whether a cut there would part the two units of one character in UTF-16. */
function endsInHalfCharacter(text: string, at: number): boolean {
  return at > 1 && /^[\ud800-\udbff]$/.test(text.charAt(at - 1));
}
