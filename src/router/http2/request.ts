import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { Backlog } from "./backlog.ts";
import { headersOf, type RequestHead } from "./request-fields.ts";
import type { StreamSocket } from "./stream-socket.ts";

// Each piece costs a write towards the dyno: shorter ones are put together.
const shortPiece = 2 * 1024;

export interface RequestStream {
  readonly socket: StreamSocket;
  /** Less waits to be read than before. */
  onRead(): void;
}

/** A request in the shape that the router knows from HTTP/1.1, as far as it uses it: node's `IncomingMessage`. */
export class Http2Request extends Readable {
  readonly httpVersion = "2.0";
  readonly httpVersionMajor = 2;
  readonly httpVersionMinor = 0;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
  rawTrailers: string[] = [];
  /** All of it has come. */
  complete = false;
  aborted = false;
  /** Tells it from a request of HTTP/1.1. */
  readonly stream: RequestStream;
  readonly #isChunked: boolean;
  readonly #backlog = new Backlog();
  #isOver = false;
  #headers: IncomingHttpHeaders | undefined;

  constructor(stream: RequestStream, head: RequestHead, hasBody: boolean) {
    // One piece at a time: what else there is waits in the backlog, where its size is known.
    super({ highWaterMark: 1 });
    this.stream = stream;
    this.method = head.method;
    this.url = head.url;
    this.rawHeaders = head.rawHeaders;
    this.#isChunked = hasBody && head.contentLength === undefined;
  }

  get headers(): IncomingHttpHeaders {
    this.#headers ??= headersOf(this.rawHeaders, this.#isChunked);
    return this.#headers;
  }

  get socket(): StreamSocket {
    return this.stream.socket;
  }

  /** Bytes that wait to be read. */
  get waiting(): number {
    return this.#backlog.length;
  }

  /** `flush` follows, once all that was read with it has been received. */
  receive(piece: Buffer): void {
    if (this.destroyed) return;
    if (this.readableLength === 0 && this.#backlog.length === 0 && piece.length >= shortPiece) this.push(piece);
    else this.#backlog.add(piece);
  }

  flush(): void {
    while (!this.destroyed && this.readableLength === 0) {
      const piece = this.#backlog.take();
      if (piece === undefined) break;
      this.push(piece);
    }
    this.stream.onRead();
  }

  finish(trailers: string[]): void {
    this.complete = true;
    this.rawTrailers = trailers;
    this.#isOver = true;
    if (this.#backlog.length === 0) this.push(null);
  }

  /** No more of it comes. */
  abort(): void {
    if (this.destroyed || this.aborted) return;
    this.aborted = !this.complete;
    if (this.aborted) this.emit("aborted");
    this.destroy();
  }

  override _read(): void {
    const piece = this.#backlog.take();
    if (piece !== undefined) {
      this.push(piece);
      this.stream.onRead();
    } else if (this.#isOver) this.push(null);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#backlog.clear();
    this.stream.onRead();
    callback(error);
  }
}
