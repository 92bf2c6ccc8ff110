import type * as Http2 from "node:http2";
import type { TLSSocket } from "node:tls";

// Interfaces and not node's classes: those say that what is a getter there is a field, and a field cannot be overridden by one.
interface BaseRequest {
  rawHeaders: string[];
  headers: Http2.IncomingHttpHeaders;
  socket: unknown;
  readonly authority: string | undefined;
  readonly complete: boolean;
  readonly stream: Http2.ServerHttp2Stream;
}

interface BaseResponse {
  socket: unknown;
  readonly destroyed: boolean;
  readonly headersSent: boolean;
  readonly req: BaseRequest;
  readonly stream: Http2.ServerHttp2Stream;
  readonly writableFinished: boolean;
  writeHead(status: number, headers: unknown): this;
  writeInformation(status: number, headers: unknown): boolean;
  addTrailers(trailers: unknown): void;
}

// How often to look whether the end of an answer has left.
const untilSentMs = 100;

type Construct<T> = new (...all: never[]) => T;

/**
 * Requests and responses of HTTP/2 in the shape that the rest of the router knows from HTTP/1.1: `IncomingMessage` and
 * `ServerResponse`, as far as it uses them. On the first use, because the module costs a worker 12 MB.
 */
export function loadHttp2() {
  const http2 = process.getBuiltinModule("node:http2");
  const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = http2.constants;

  class Request extends (http2.Http2ServerRequest as unknown as Construct<BaseRequest>) {
    #raw: string[] | undefined;
    #headers: Http2.IncomingHttpHeaders | undefined;

    override get rawHeaders(): string[] {
      this.#raw ??= rawHeaders(super.rawHeaders, this.authority);
      return this.#raw;
    }

    override get headers(): Http2.IncomingHttpHeaders {
      this.#headers ??= headers(super.headers, this.authority, hasBody(this.stream));
      return this.#headers;
    }

    /** The connection is shared: what would end it ends this request only. */
    override get socket(): unknown {
      const { stream } = this;
      const inside = stream.session?.socket as TLSSocket | undefined;
      const { localPort, remoteAddress } = inside ?? {};
      const getProtocol = () => inside?.getProtocol();
      const close = () => stream.close(NGHTTP2_INTERNAL_ERROR);
      return { encrypted: true, localPort, remoteAddress, getProtocol, ...ends(close) };
    }
  }

  class Response extends (http2.Http2ServerResponse as unknown as Construct<BaseResponse>) {
    /** A matter of the connection, which `Http2Front` ends. */
    shouldKeepAlive = true;
    readonly chunkedEncoding = false;

    override get destroyed(): boolean {
      return (this.stream as Http2.ServerHttp2Stream | undefined)?.destroyed !== false;
    }

    override get socket(): unknown {
      return { encrypted: true, ...ends(() => this.stream.close(NGHTTP2_INTERNAL_ERROR)) };
    }

    /** node ends what the client has reset, as if it were whole. */
    override get writableFinished(): boolean {
      return super.writableFinished && !this.stream.aborted;
    }

    /** A reason does not exist any more; headers may be a flat list. */
    override writeHead(status: number, ...rest: unknown[]): this {
      if (!this.destroyed && hasBody(this.stream)) this.#discardRest();
      return super.writeHead(status, grouped(flatList(rest.at(-1))));
    }

    override writeInformation(status: number, given: unknown): boolean {
      if (this.headersSent || this.destroyed) return false;
      this.stream.additionalHeaders({ ":status": status, ...grouped(flatList(given)) });
      return true;
    }

    override addTrailers(given: unknown): void {
      super.addTrailers(Object.fromEntries(Array.isArray(given) ? given : Object.entries(given ?? {})));
    }

    /**
     * RFC 9113, 8.1: a client that still sends its body when it has the whole answer is told to stop. Reset any earlier, nghttp2
     * would drop what waits to be sent, the end of the answer included.
     */
    #discardRest(): void {
      const { stream } = this;
      const stop = () => {
        if (stream.closed || stream.state.remoteClose === 1) return;
        if (stream.state.localClose === 1) stream.close(NGHTTP2_NO_ERROR);
        else if (stream.writableFinished) setTimeout(stop, untilSentMs).unref();
      };
      const later = () => setImmediate(stop);
      // The last byte has left by the second one, unless the client takes no more for now. Without a body, only the first comes.
      stream.once("finish", later).once("wantTrailers", later);
    }
  }

  return {
    http2,
    Request: Request as unknown as typeof Http2.Http2ServerRequest,
    Response: Response as unknown as typeof Http2.Http2ServerResponse,
  };
}

function flatList(given: unknown): string[] {
  if (Array.isArray(given)) return given.flat();
  return typeof given === "object" && given !== null ? Object.entries(given).flat(2).map(String) : [];
}

function ends(end: () => void) {
  return { destroy: end, destroySoon: end, resetAndDestroy: end };
}

function hasBody(stream: Http2.ServerHttp2Stream): boolean {
  return !(stream as { endAfterHeaders?: boolean }).endAfterHeaders;
}

/** RFC 9113, 8.3.1 and 8.2.3: `:authority` is what `Host` was, and cookies may come in pieces. */
function rawHeaders(raw: readonly string[], authority: string | undefined): string[] {
  const result: string[] = authority === undefined ? [] : ["host", authority];
  let cookie = -1;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    if (name.startsWith(":") || (name === "host" && authority !== undefined)) continue;
    if (name !== "cookie") result.push(name, value);
    else if (cookie >= 0) result[cookie] += `; ${value}`;
    else cookie = result.push(name, value) - 1;
  }
  return result;
}

function headers(
  all: Http2.IncomingHttpHeaders,
  authority: string | undefined,
  body: boolean,
): Http2.IncomingHttpHeaders {
  const result: Http2.IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(all)) if (!name.startsWith(":")) result[name] = value;
  if (authority !== undefined) result.host = authority;
  // Frames say where it ends; towards the dyno, chunks have to.
  if (body && result["content-length"] === undefined) result["transfer-encoding"] = "chunked";
  return result;
}

function grouped(flat: readonly string[]): Http2.OutgoingHttpHeaders {
  const result: Record<string, string | string[]> = {};
  for (let i = 0; i < flat.length; i += 2) {
    const name = (flat[i] as string).toLowerCase();
    const value = flat[i + 1] as string;
    const before = result[name];
    result[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return result;
}
