import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { headersOf, type RequestHead } from "./request-fields.ts";
import type { StreamSocket } from "./stream-socket.ts";

const readAhead = 64 * 1024;

export interface RequestStream {
  readonly socket: StreamSocket;
  /** What has come has been read, or nearly. */
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
  #headers: IncomingHttpHeaders | undefined;

  constructor(stream: RequestStream, head: RequestHead, hasBody: boolean) {
    super({ highWaterMark: readAhead });
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

  finish(trailers: string[]): void {
    this.complete = true;
    this.rawTrailers = trailers;
    this.push(null);
  }

  /** No more of it comes. */
  abort(): void {
    if (this.destroyed || this.aborted) return;
    this.aborted = !this.complete;
    if (this.aborted) this.emit("aborted");
    this.destroy();
  }

  override _read(): void {
    this.stream.onRead();
  }
}
