import { Transform, type TransformCallback } from "node:stream";

export interface LineDisciplineOptions {
  /** True while the bytes are to go through as they are. */
  readonly isRaw: () => boolean;
  /** Shows what was typed. */
  readonly echo: (text: string) => void;
  readonly onInterrupt: () => void;
}

const interrupt = 0x03;
const endOfFile = 0x04;
const killLine = 0x15;
const longestLine = 4096;

/** What a terminal driver does with typed bytes: echo, lines, erasing, Ctrl-C and Ctrl-D. */
export class LineDiscipline extends Transform {
  readonly #options: LineDisciplineOptions;
  #line: number[] = [];
  #ended = false;

  constructor(options: LineDisciplineOptions) {
    super();
    this.#options = options;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#options.isRaw()) {
      this.#release();
      this.#pass(chunk);
    } else {
      for (const byte of chunk) this.#type(byte);
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#release();
    done();
  }

  #type(byte: number): void {
    if (byte === interrupt) {
      this.#options.echo("^C\n");
      this.#line = [];
      this.#options.onInterrupt();
    } else if (byte === endOfFile) {
      if (this.#line.length === 0) this.#end();
      this.#release();
    } else if (byte === 0x0d || byte === 0x0a) {
      this.#options.echo("\n");
      this.#line.push(0x0a);
      this.#release();
    } else if (byte === 0x7f || byte === 0x08) {
      this.#erase();
    } else if (byte === killLine) {
      while (this.#line.length > 0) this.#erase();
    } else if (byte >= 0x20 && this.#line.length < longestLine) {
      this.#line.push(byte);
      // A character of several bytes is shown once it is complete, lest half of one be shown.
      if (byte < 0x80) this.#options.echo(String.fromCharCode(byte));
      else this.#echoCharacter();
    }
  }

  #echoCharacter(): void {
    const start = this.#line.findLastIndex((byte) => !isContinuation(byte));
    const bytes = Buffer.from(this.#line.slice(Math.max(start, 0)));
    const first = bytes[0] ?? 0;
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (bytes.length === length) this.#options.echo(bytes.toString("utf8"));
  }

  #erase(): void {
    let last = this.#line.pop();
    if (last === undefined) return;
    while (last !== undefined && isContinuation(last)) last = this.#line.pop();
    this.#options.echo("\b \b");
  }

  #release(): void {
    if (this.#line.length > 0) this.#pass(Buffer.from(this.#line));
    this.#line = [];
  }

  #pass(bytes: Buffer): void {
    if (!this.#ended) this.push(bytes);
  }

  #end(): void {
    if (!this.#ended) this.push(null);
    this.#ended = true;
  }
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
