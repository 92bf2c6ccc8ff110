import { StringDecoder } from "node:string_decoder";

/** Keeps the end of a stream of UTF-8 text, and forgets the rest. */
export class TextTail {
  readonly #decoder = new StringDecoder("utf8");
  readonly #limit: number;
  #text = "";

  /** `limit` in characters. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(bytes: Buffer): void {
    this.#text = (this.#text + this.#decoder.write(bytes)).slice(-this.#limit);
  }

  /** The last lines that are not blank, oldest first. */
  lines(count: number): string[] {
    return this.#text
      .split(/[\r\n]+/)
      .map((line) => line.trimEnd())
      .filter((line) => line !== "")
      .slice(-count);
  }
}
