import type { Target } from "../model/route.ts";
import { isExhausted } from "./descriptors.ts";
import type { ConnectionUser, DynoConnection } from "./dyno-connection.ts";
import type { DynoPool } from "./dyno-pool.ts";
import type { RawHeaders } from "./headers.ts";
import { sendBody } from "./request-body.ts";
import { requestHead } from "./request-head.ts";
import { BadResponse, type ResponseHead } from "./response-head.ts";
import { ResponseReader, type ResponseSink } from "./response-reader.ts";
import type { Exchange, UpstreamEvents, UpstreamFailure, UpstreamRequest } from "./upstream.ts";

/** One request on one connection, and its answer. */
export class DynoExchange implements Exchange, ConnectionUser, ResponseSink {
  readonly #pool: DynoPool;
  readonly #target: Target;
  readonly #request: UpstreamRequest;
  readonly #events: UpstreamEvents;
  readonly #reader: ResponseReader;
  #connection: DynoConnection | undefined;
  #answerBegun = false;
  #responded = false;
  #sending = false;
  #paused = false;
  #over = false;
  #stopBody: (() => void) | undefined;

  constructor(pool: DynoPool, target: Target, request: UpstreamRequest, events: UpstreamEvents) {
    this.#pool = pool;
    this.#target = target;
    this.#request = request;
    this.#events = events;
    this.#reader = new ResponseReader(request.method, this);
  }

  begin(): this {
    const { fresh, replayable } = this.#request;
    const kept = fresh ? undefined : this.#pool.takeKept(this.#target, this, !replayable);
    this.#connection = kept ?? this.#pool.open(this.#target, this);
    if (kept !== undefined) this.onConnect();
    return this;
  }

  abort(): void {
    if (this.#over) return;
    this.#end();
    this.#connection?.close();
  }

  pause(): void {
    if (this.#over || this.#paused) return;
    this.#paused = true;
    this.#connection?.socket.pause();
  }

  resume(): void {
    if (this.#over || !this.#paused) return;
    this.#paused = false;
    this.#touch();
    this.#connection?.socket.resume();
  }

  onConnect(): void {
    this.#touch();
    this.#events.onConnected();
    if (this.#over) return;
    const { socket } = this.#connection as DynoConnection;
    const { method, path, headers, body } = this.#request;
    let head: string;
    try {
      head = requestHead(method, path, headers);
    } catch (error) {
      setImmediate(() => this.#fail("malformed", error));
      return;
    }
    if (body === undefined) {
      socket.write(head, "latin1");
      return;
    }
    // The head travels with the first bytes of the body, where they come at once.
    socket.cork();
    socket.write(head, "latin1");
    setImmediate(() => socket.uncork());
    this.#sending = true;
    const onSent = () => {
      this.#sending = false;
      this.#touch();
    };
    this.#stopBody = sendBody(body, socket, () => this.#touch(), onSent);
  }

  onBytes(buffer: Buffer, end: number): void {
    this.#touch();
    this.#answerBegun = true;
    try {
      this.#reader.read(buffer, end);
    } catch (error) {
      if (!(error instanceof BadResponse)) throw error;
      if (this.#responded) this.#break(error);
      else this.#fail(error.restricted ? "restricted" : "malformed", error);
    }
  }

  onGone(error: Error | undefined): void {
    if (this.#over) return;
    if (this.#responded) {
      if (error === undefined && this.#reader.endsWithConnection) this.#finish([]);
      else this.#break(error ?? new Error("the dyno closed the connection in the middle of its answer"));
      return;
    }
    if (this.#connection?.connected === true) this.#fail("closed", error);
    else this.#fail(isExhausted(error) ? "exhausted" : "refused", error);
  }

  onSilence(ms: number): void {
    const { connectMs, firstByteMs, idleMs } = this.#request.limits;
    const { connected, socket } = this.#connection as DynoConnection;
    if (!connected) {
      if (ms > connectMs) this.#fail("connect-timeout", silence(ms));
    } else if (this.#responded) {
      // While it is paused, it is the client who takes its time.
      if (ms > idleMs && !this.#paused) this.#break(silence(ms));
    } else if (this.#sending && !socket.writableNeedDrain) {
      if (ms > idleMs) this.#fail("body-timeout", silence(ms));
    } else if (ms > firstByteMs) {
      this.#fail("first-byte-timeout", silence(ms));
    }
  }

  onInformation(status: number, headers: RawHeaders): void {
    if (status === 101) throw new BadResponse("unexpected 101");
    if (status !== 100 && !this.#over) this.#events.onInformation(status, headers);
  }

  onHead({ status, reason, httpVersion, headers }: ResponseHead): boolean {
    if (this.#over) return false;
    this.#responded = true;
    this.#events.onResponse({ status, reason, httpVersion, headers, whole: undefined });
    return !this.#over;
  }

  onWhole({ status, reason, httpVersion, headers }: ResponseHead, whole: string): void {
    if (this.#over) return;
    this.#responded = true;
    this.#settle();
    this.#events.onResponse({ status, reason, httpVersion, headers, whole });
  }

  onData(buffer: Buffer, from: number, to: number): boolean {
    const connection = this.#connection as DynoConnection;
    connection.buffer.take(buffer, from, to, (piece, release) => this.#events.onData(piece, release));
    return !this.#over;
  }

  onMore(large: boolean): void {
    this.#connection?.buffer.expectLarge(large);
  }

  onEnd(trailers: RawHeaders): void {
    this.#finish(trailers);
  }

  #touch(): void {
    if (this.#connection !== undefined) this.#connection.activeAt = this.#pool.clock;
  }

  #finish(trailers: RawHeaders): void {
    this.#settle();
    this.#events.onEnd(trailers);
  }

  /** The whole answer is here. A dyno that answers before it has read the body may not read the rest: stop sending it. */
  #settle(): void {
    const connection = this.#connection as DynoConnection;
    const reusable = this.#reader.isReusable && !this.#sending && !connection.closed;
    this.#end();
    connection.buffer.expectLarge(false);
    if (!reusable) {
      connection.close();
      return;
    }
    if (this.#paused) connection.socket.resume();
    this.#pool.keep(this.#target, connection, this.#reader.keepAliveSeconds);
  }

  #break(error: NodeJS.ErrnoException): void {
    this.#end();
    this.#connection?.close();
    this.#events.onBroken(error);
  }

  #fail(kind: UpstreamFailure["kind"], cause: unknown): void {
    if (this.#over) return;
    const { connected, reused } = this.#connection as DynoConnection;
    this.#end();
    this.#connection?.close();
    const answerBegun = this.#answerBegun;
    const stale = kind === "closed" && reused && !answerBegun;
    if (stale && this.#connection !== undefined) this.#pool.onStale(this.#connection);
    this.#events.onFailure({ kind, nothingSent: !connected, answerBegun, stale, cause });
  }

  #end(): void {
    this.#over = true;
    this.#stopBody?.();
  }
}

function silence(ms: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`nothing moved for ${ms} ms`), { code: "ETIMEDOUT" });
}
