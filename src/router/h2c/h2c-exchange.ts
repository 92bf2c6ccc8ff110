import type { ClientHttp2Stream } from "node:http2";
import { trailerFields } from "../headers.ts";
import { pump } from "../pump.ts";
import type { Exchange, RequestBody, UpstreamEvents, UpstreamFailure, UpstreamRequest } from "../upstream.ts";
import { grouped, requestFields, responseFields } from "./h2c-fields.ts";
import type { H2cSession, SessionUser } from "./h2c-session.ts";

const endStream = 1;
const cancel = 8;

/** One request to a dyno on a connection that it shares with others, and its answer. */
export class H2cExchange implements Exchange, SessionUser {
  readonly #session: H2cSession;
  readonly #request: UpstreamRequest;
  readonly #events: UpstreamEvents;
  readonly #onOver: () => void;
  readonly #wasReused: boolean;
  #stream: ClientHttp2Stream | undefined;
  #activeAt = performance.now();
  #sending = false;
  #responded = false;
  #paused = false;
  #over = false;
  #trailers: string[] = [];
  #stopBody: (() => void) | undefined;

  constructor(session: H2cSession, request: UpstreamRequest, events: UpstreamEvents, onOver: () => void) {
    this.#session = session;
    this.#request = request;
    this.#events = events;
    this.#onOver = onOver;
    this.#wasReused = session.reused;
  }

  begin(): void {
    this.#session.enter(this);
  }

  abort(): void {
    if (this.#over) return;
    this.#end();
    this.#stream?.close(cancel);
  }

  pause(): void {
    if (this.#over || this.#paused) return;
    this.#paused = true;
    this.#stream?.pause();
  }

  resume(): void {
    if (this.#over || !this.#paused) return;
    this.#paused = false;
    this.#touch();
    this.#stream?.resume();
  }

  onReady(): void {
    this.#touch();
    this.#events.onConnected();
    if (this.#over) return;
    const { method, path, headers, body } = this.#request;
    try {
      this.#stream = this.#session.request(requestFields(method, path, headers), body !== undefined);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      // The dyno has just said goodbye, else it is the request that HTTP/2 cannot carry.
      const kind = /GOAWAY|SESSION|OUT_OF_STREAMS/.test(code) ? "closed" : "malformed";
      setImmediate(() => this.#fail(kind, error));
      return;
    }
    this.#listen(this.#stream);
    if (body !== undefined) this.#send(body, this.#stream);
  }

  onRefused(error: Error | undefined): void {
    const hasStood = this.#session.isConnected;
    this.#fail(!hasStood ? "refused" : isNoHttp2(error) ? "malformed" : "closed", error);
  }

  /** Nothing may move for longer than the request's limits allow. */
  onTick(now: number): void {
    const ms = now - this.#activeAt;
    const { connectMs, firstByteMs, idleMs } = this.#request.limits;
    if (!this.#session.isConnected) {
      if (ms > connectMs) this.#fail("connect-timeout", silence(ms));
    } else if (this.#responded) {
      // While it is paused, it is the client who takes its time.
      if (ms > idleMs && !this.#paused) this.#break(silence(ms));
    } else if (this.#sending && this.#stream?.writableNeedDrain === false) {
      if (ms > idleMs) this.#fail("body-timeout", silence(ms));
    } else if (ms > firstByteMs) this.#fail("first-byte-timeout", silence(ms));
  }

  #listen(stream: ClientHttp2Stream): void {
    let failure: Error | undefined;
    stream.on("headers", (headers, _flags, raw) => this.#onInformation(Number(headers[":status"]), raw as string[]));
    stream.on("response", (headers, flags, raw) =>
      this.#onResponse(Number(headers[":status"]), raw as unknown as string[], (flags & endStream) !== 0),
    );
    stream.on("trailers", (_headers, _flags, raw) => {
      this.#trailers = raw as unknown as string[];
    });
    stream.on("end", () => {
      if (!this.#over && this.#responded && stream.rstCode === 0 && !stream.aborted) this.#finish();
    });
    stream.on("error", (error) => {
      failure = error;
    });
    stream.on("close", () => this.#onGone(failure ?? this.#session.failure, stream.rstCode));
  }

  #send(body: RequestBody, stream: ClientHttp2Stream): void {
    this.#sending = true;
    const undoPump = pump(body.stream, stream, () => this.#touch());
    const onEnd = () => {
      undo();
      this.#sending = false;
      this.#touch();
      stream.end();
    };
    const undo = () => {
      undoPump();
      body.stream.off("end", onEnd);
    };
    body.stream.on("end", onEnd);
    stream.on("wantTrailers", () => stream.sendTrailers(grouped(trailerFields(body.trailers()))));
    stream.on("drain", () => this.#touch());
    this.#stopBody = undo;
  }

  #onInformation(status: number, raw: string[]): void {
    if (!this.#over && status > 100 && status < 200) this.#events.onInformation(status, responseFields(raw));
  }

  #onResponse(status: number, raw: string[], isWhole: boolean): void {
    if (this.#over) return;
    this.#touch();
    this.#responded = true;
    const response = { status, reason: "", httpVersion: "2.0", headers: responseFields(raw) };
    if (isWhole) {
      this.#settle();
      this.#events.onResponse({ ...response, whole: "" });
      return;
    }
    this.#stream?.on("data", (chunk: Buffer) => this.#onData(chunk));
    this.#events.onResponse({ ...response, whole: undefined });
    if (this.#paused) this.#stream?.pause();
  }

  #onData(chunk: Buffer): void {
    if (this.#over) return;
    this.#touch();
    this.#events.onData(chunk, undefined);
  }

  #onGone(error: Error | undefined, resetCode: number | undefined): void {
    if (this.#over) return;
    const cause = error ?? new Error(`the dyno reset the stream with code ${resetCode}`);
    if (this.#responded) this.#break(cause);
    else this.#fail(isNoHttp2(cause) ? "malformed" : "closed", cause);
  }

  #finish(): void {
    this.#settle();
    this.#events.onEnd(responseFields(this.#trailers));
  }

  /** The whole answer is here. A dyno that answers before it has read the body does not want the rest. */
  #settle(): void {
    const isSending = this.#sending;
    this.#end();
    if (isSending) this.#stream?.close(cancel);
    else this.#stream?.resume();
  }

  #break(error: NodeJS.ErrnoException): void {
    this.#end();
    this.#stream?.close(cancel);
    this.#events.onBroken(error);
  }

  #fail(kind: UpstreamFailure["kind"], cause: unknown): void {
    if (this.#over) return;
    this.#end();
    this.#stream?.close(cancel);
    const stale = kind === "closed" && this.#wasReused;
    this.#events.onFailure({ kind, nothingSent: !this.#session.isConnected, answerBegun: false, stale, cause });
  }

  #touch(): void {
    this.#activeAt = performance.now();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopBody?.();
    this.#session.leave(this);
    this.#onOver();
  }
}

function silence(ms: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`nothing moved for ${Math.round(ms)} ms`), { code: "ETIMEDOUT" });
}

/** What nghttp2 says of bytes that it cannot read, such as an answer of HTTP/1.1. */
function isNoHttp2(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === "ERR_HTTP2_ERROR";
}
