import { EventEmitter } from "node:events";
import { encodeFields, encodeStatus } from "./hpack/encoder.ts";
import type { Http2Request } from "./request.ts";
import type { StreamSocket } from "./stream-socket.ts";

type Written = () => void;

export interface ResponseStream {
  readonly socket: StreamSocket;
  sendHead(block: string): void;
  /** False where the caller should wait for `drain`. */
  sendBody(bytes: Buffer | string, written?: Written): boolean;
  sendEnd(trailers: string | undefined): void;
  setTimeout(ms: number, onTimeout: () => void): void;
  destroy(): void;
}

/**
 * An answer in the shape that the router knows from HTTP/1.1, as far as it uses it: node's `ServerResponse`. The head leaves
 * with what follows it, so that an answer without a body is one frame: clients of gRPC tell errors by that.
 */
export class Http2Response extends EventEmitter {
  readonly req: Http2Request;
  readonly stream: ResponseStream;
  /** A matter of the connection. */
  shouldKeepAlive = true;
  readonly chunkedEncoding = false;
  headersSent = false;
  writableEnded = false;
  /** All of it has been handed to the connection. */
  writableFinished = false;
  destroyed = false;
  /** Of the head that has not left yet. */
  #head: string | undefined;
  #trailers: string[] = [];
  #hasNoBody: boolean;

  constructor(stream: ResponseStream, request: Http2Request) {
    super();
    this.stream = stream;
    this.req = request;
    this.#hasNoBody = request.method === "HEAD";
  }

  get socket(): StreamSocket {
    return this.stream.socket;
  }

  /** A reason does not exist any more; headers may be a flat list. Throws for headers that cannot be sent. */
  writeHead(status: number, ...rest: unknown[]): this {
    if (this.headersSent) throw new Error("head was sent before");
    const flat = flatList(rest.at(-1));
    this.#head = encodeStatus(status) + encodeFields(hasDate(flat) ? flat : [...flat, "date", dateNow()]);
    this.headersSent = true;
    if (status === 204 || status === 304) this.#hasNoBody = true;
    return this;
  }

  flushHeaders(): void {
    if (this.#head === undefined || this.writableEnded) return;
    this.stream.sendHead(this.#head);
    this.#head = undefined;
  }

  writeContinue(): void {
    this.writeInformation(100, {});
  }

  writeInformation(status: number, given: unknown): boolean {
    if (this.headersSent || this.destroyed) return false;
    this.stream.sendHead(encodeStatus(status) + encodeFields(flatList(given)));
    return true;
  }

  addTrailers(given: unknown): void {
    this.#trailers = flatList(given);
  }

  /** False where the caller should wait for `drain`. `written`: the chunk is not needed any more; not called for what is never sent. */
  write(chunk: Buffer, written?: Written): boolean {
    if (this.destroyed || this.writableEnded) return false;
    this.flushHeaders();
    if (this.#hasNoBody) {
      written?.();
      return true;
    }
    return this.stream.sendBody(chunk, written);
  }

  end(chunk?: string | Buffer, encoding: BufferEncoding = "utf8"): this {
    if (this.destroyed || this.writableEnded) return this;
    this.writableEnded = true;
    const trailers = this.#trailers.length === 0 ? undefined : encodeFields(this.#trailers);
    if (this.#head !== undefined) this.stream.sendHead(this.#head);
    this.#head = undefined;
    if (chunk !== undefined && chunk.length > 0 && !this.#hasNoBody) {
      this.stream.sendBody(typeof chunk === "string" && encoding !== "latin1" ? Buffer.from(chunk, encoding) : chunk);
    }
    this.stream.sendEnd(trailers);
    return this;
  }

  setTimeout(ms: number): this {
    this.stream.setTimeout(ms, () => this.emit("timeout"));
    return this;
  }

  destroy(): void {
    this.stream.destroy();
  }

  /** By the stream, once. */
  onClosed(isFinished: boolean): void {
    this.writableFinished = isFinished;
    this.destroyed = true;
    // Not at once: whoever ended the stream may be in the middle of something.
    process.nextTick(() => {
      if (isFinished) this.emit("finish");
      this.emit("close");
    });
  }
}

function flatList(given: unknown): string[] {
  if (Array.isArray(given)) return given.flat();
  return typeof given === "object" && given !== null ? Object.entries(given).flat(2).map(String) : [];
}

function hasDate(flat: readonly string[]): boolean {
  for (let i = 0; i < flat.length; i += 2) {
    if ((flat[i] as string).length === 4 && (flat[i] as string).toLowerCase() === "date") return true;
  }
  return false;
}

let date = "";
let dateUntil = 0;

function dateNow(): string {
  const now = Date.now();
  if (now >= dateUntil) {
    date = new Date(now).toUTCString();
    dateUntil = now - (now % 1_000) + 1_000;
  }
  return date;
}
