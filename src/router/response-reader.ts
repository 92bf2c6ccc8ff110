import { ChunkedDecoder } from "./chunked.ts";
import type { RawHeaders } from "./headers.ts";
import { BadResponse, type ResponseHead, readResponseHead } from "./response-head.ts";

// Heroku's limit for a line of a response's head; here, for the head.
const headLimit = 512 * 1024;
// A head is looked for in steps of this, so that a large body is not made a string.
const step = 16 * 1024;
const large = 32 * 1024;

// RFC 9112, 2.2: a line feed alone ends a line, too. What else is right about the head is not decided here.
const emptyLine = /\n\r?\n/;
const loneReturn = /\r[^\n]/;

export interface ResponseSink {
  /** Any 1xx. */
  onInformation(status: number, headers: RawHeaders): void;
  /** A body follows, in pieces. These two return whether to go on. */
  onHead(head: ResponseHead): boolean;
  onData(buffer: Buffer, from: number, to: number): boolean;
  /** Head and body at once. The reader is done. */
  onWhole(head: ResponseHead, body: string): void;
  /** The reader is done. */
  onEnd(trailers: RawHeaders): void;
  /** After each read in a body: whether the next one may be large. */
  onMore(large: boolean): void;
}

/** Finds one response, with what comes before it, in the bytes of a connection. */
export class ResponseReader {
  readonly #method: string;
  readonly #sink: ResponseSink;
  /** What there is of a head that is not complete, and its last bytes. */
  #begun = "";
  #tail = "";
  #head: ResponseHead | undefined;
  #decoder: ChunkedDecoder | undefined;
  /** Of a body of known length. */
  #left = 0;
  #surplus = false;

  constructor(method: string, sink: ResponseSink) {
    this.#method = method;
    this.#sink = sink;
  }

  /** Once done: nothing is wrong with another request on the connection. */
  get isReusable(): boolean {
    return this.#head?.persistent === true && !this.#surplus;
  }

  get keepAliveSeconds(): number | undefined {
    return this.#head?.keepAliveSeconds;
  }

  get endsWithConnection(): boolean {
    return this.#head?.framing === "close";
  }

  /** The bytes up to `end`. Throws BadResponse. */
  read(buffer: Buffer, end: number): void {
    if (this.#head === undefined) this.#readHead(buffer, 0, end);
    else this.#readBody(buffer, 0, end);
  }

  #readHead(buffer: Buffer, start: number, end: number): void {
    for (let at = start; at < end; ) {
      const to = Math.min(end, at + step);
      const text = buffer.toString("latin1", at, to);
      const bodyAt = at + this.#completeHead(text);
      if (bodyAt >= at) {
        this.#onHead(buffer, bodyAt, end);
        return;
      }
      at = to;
    }
  }

  /** Returns where the head ends in this text, -1 when it does not. */
  #completeHead(text: string): number {
    const searched = this.#tail + text;
    const blank = this.#endOfHead(searched);
    if (blank === undefined) {
      this.#begun += text;
      this.#tail = searched.slice(-3);
      if (this.#begun.length > headLimit) throw new BadResponse("head too long", true);
      if (loneReturn.test(searched)) throw new BadResponse("carriage return in the head");
      // Not for a long one: to look into it would join its pieces each time.
      if (this.#begun.length < step && !"HTTP/1.".startsWith(this.#begun.slice(0, 7))) throw new BadResponse("no HTTP");
      return -1;
    }
    // With the line feed of the last line.
    const end = blank.at + 1 - this.#tail.length;
    const head = this.#begun === "" ? text.slice(0, end) : (this.#begun + text).slice(0, this.#begun.length + end);
    this.#begun = "";
    this.#tail = "";
    this.#head = readResponseHead(head, this.#method);
    return end - 1 + blank.length;
  }

  /** Where an empty line ends the head, from the line feed before it on. */
  #endOfHead(searched: string): { readonly at: number; readonly length: number } | undefined {
    const usual = searched.indexOf("\r\n\r\n");
    const first = searched.indexOf("\n");
    // Where the first line ends as it should, the others must too, or the head is refused.
    if (
      usual >= 0 &&
      // Not beyond the head: what was read may be 64 KB of a body.
      !searched.slice(0, usual).includes("\n\n") &&
      this.#begun === "" &&
      searched.charCodeAt(first - 1) === 13
    ) {
      return { at: usual + 1, length: 3 };
    }
    const found = emptyLine.exec(searched);
    return found === null ? undefined : { at: found.index, length: found[0].length };
  }

  #onHead(buffer: Buffer, bodyAt: number, end: number): void {
    const head = this.#head as ResponseHead;
    if (head.status < 200) {
      this.#head = undefined;
      this.#sink.onInformation(head.status, head.headers);
      this.#readHead(buffer, bodyAt, end);
      return;
    }
    const there = end - bodyAt;
    if (head.framing === "none" || (head.framing === "length" && head.length <= Math.min(there, step))) {
      this.#surplus = there > head.length;
      this.#sink.onWhole(head, head.length === 0 ? "" : buffer.toString("latin1", bodyAt, bodyAt + head.length));
      return;
    }
    this.#left = head.length;
    if (head.framing === "chunked") this.#decoder = new ChunkedDecoder();
    if (this.#sink.onHead(head)) this.#readBody(buffer, bodyAt, end);
  }

  #readBody(buffer: Buffer, start: number, end: number): void {
    if (this.#decoder !== undefined) this.#readChunks(this.#decoder, buffer, start, end);
    else if (this.endsWithConnection) this.#readAll(buffer, start, end);
    else this.#readLength(buffer, start, end);
  }

  #readLength(buffer: Buffer, start: number, end: number): void {
    const to = Math.min(end, start + this.#left);
    this.#left -= to - start;
    if (to > start && !this.#sink.onData(buffer, start, to)) return;
    if (this.#left > 0) {
      this.#sink.onMore(this.#left > large);
      return;
    }
    this.#surplus = end > to;
    this.#sink.onEnd([]);
  }

  #readChunks(decoder: ChunkedDecoder, buffer: Buffer, start: number, end: number): void {
    let wanted = true;
    const done = decoder.decode(buffer, start, end, (from, to) => {
      wanted &&= this.#sink.onData(buffer, from, to);
    });
    if (!wanted) return;
    if (done < 0) {
      this.#sink.onMore(end > large);
      return;
    }
    this.#surplus = end > done;
    this.#sink.onEnd(decoder.trailers);
  }

  #readAll(buffer: Buffer, start: number, end: number): void {
    if (end > start && !this.#sink.onData(buffer, start, end)) return;
    this.#sink.onMore(end > large);
  }
}
