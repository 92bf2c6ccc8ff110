import type { RawHeaders } from "./headers.ts";
import { BadResponse, readFieldLines } from "./response-head.ts";

const lineLimit = 8_192;
const trailerLimit = 64 * 1024;
const sizeLine = /^([0-9a-f]{1,13})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r?\n$/i;
const emptyLine = /^\r?\n$/;

type State = "size" | "data" | "data-end" | "trailers" | "done";

/**
 * Takes a chunked body out of its frame (RFC 9112, 7.1). Strict: what two readers could take for two things is refused. Lines
 * may end with a line feed alone, which cannot be anything else here; on its way on, the body gets a new frame.
 */
export class ChunkedDecoder {
  #state: State = "size";
  /** Of the chunk. */
  #left = 0;
  #line = "";
  #trailers = "";

  /** Once decoded. */
  get trailers(): RawHeaders {
    return this.#trailers === "" ? [] : readFieldLines(this.#trailers);
  }

  /** Goes on with the bytes from `start` to `end`. Returns where the body ended in them, or -1. Throws BadResponse. */
  decode(bytes: Buffer, start: number, end: number, onData: (from: number, to: number) => void): number {
    let at = start;
    while (at < end && this.#state !== "done") {
      if (this.#state !== "data") {
        at = this.#readLine(bytes, at, end);
        continue;
      }
      const to = Math.min(at + this.#left, end);
      onData(at, to);
      this.#left -= to - at;
      at = to;
      if (this.#left === 0) this.#state = "data-end";
    }
    return this.#state === "done" ? at : -1;
  }

  #readLine(bytes: Buffer, at: number, limit: number): number {
    const found = bytes.indexOf(10, at);
    // What is beyond the limit was read at another time.
    const newline = found < limit ? found : -1;
    const end = newline < 0 ? limit : newline + 1;
    if (this.#line.length + end - at > lineLimit) throw new BadResponse("chunk line too long", true);
    this.#line += bytes.toString("latin1", at, end);
    if (newline >= 0) {
      const line = this.#line;
      this.#line = "";
      this.#take(line);
    }
    return end;
  }

  #take(line: string): void {
    if (this.#state === "size") this.#takeSize(line);
    else if (this.#state === "data-end") this.#expectEnd(line);
    else this.#takeTrailer(line);
  }

  #takeSize(line: string): void {
    const digits = sizeLine.exec(line)?.[1];
    if (digits === undefined) throw new BadResponse("no chunk size");
    this.#left = Number.parseInt(digits, 16);
    this.#state = this.#left === 0 ? "trailers" : "data";
  }

  #expectEnd(line: string): void {
    if (!emptyLine.test(line)) throw new BadResponse("chunk longer than its size");
    this.#state = "size";
  }

  #takeTrailer(line: string): void {
    if (!emptyLine.test(line)) {
      this.#trailers += line.replace(/\r?\n$/, "\r\n");
      if (this.#trailers.length > trailerLimit) throw new BadResponse("trailers too long", true);
      return;
    }
    // Where they are wrong, the body did not end well: before it is said to have ended.
    if (this.#trailers !== "") readFieldLines(this.#trailers);
    this.#state = "done";
  }
}
