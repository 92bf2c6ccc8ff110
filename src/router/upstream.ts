import type { Readable } from "node:stream";
import type { Target } from "../model/route.ts";
import type { RawHeaders } from "./headers.ts";
import type { Release } from "./read-buffer.ts";

/** The seam between the router and dynos: how one request is sent to one target. It neither chooses nor retries. */
export interface Upstream {
  /**
   * Begins at once; exactly one of `onResponse` and `onFailure` follows, never before `send` returned, unless aborted.
   * The body is left untouched until a connection stands, so that a refused request can be sent elsewhere.
   */
  send(target: Target, request: UpstreamRequest, events: UpstreamEvents): Exchange;
  /** The target is gone: its idle connections can be closed. */
  forget(target: Target): void;
  close(): void;
}

/** In milliseconds. */
export interface ExchangeLimits {
  readonly connectMs: number;
  /** From the last byte sent to the dyno to the first byte of its answer. */
  readonly firstByteMs: number;
  /** Before that: silence of the client in the middle of its request. After it: silence of the dyno. */
  readonly idleMs: number;
}

export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  /** Complete, framing included. */
  readonly headers: RawHeaders;
  readonly body: RequestBody | undefined;
  readonly limits: ExchangeLimits;
  /** Nothing is lost when the dyno closes a kept connection just now: it can be sent again. */
  readonly replayable: boolean;
  /** On a new connection, not on a kept one. */
  readonly fresh: boolean;
}

export interface RequestBody {
  readonly stream: Readable;
  /** Whether to send it in chunks; else the headers have its length. */
  readonly chunked: boolean;
  /** Asked once the stream has ended; empty for none. */
  trailers(): RawHeaders;
}

export interface UpstreamEvents {
  /** A connection stands; the body, if any, is read from now on. The only one that may come before `send` returned. */
  onConnected(): void;
  /** 1xx, other than 100 and 101. */
  onInformation(status: number, headers: RawHeaders): void;
  /** `onData` and one of `onEnd` and `onBroken` follow, unless the response is there as a whole. */
  onResponse(response: UpstreamResponse): void;
  /** The chunk is the receiver's until it calls `release`, which it need not do, but which saves memory. */
  onData(chunk: Buffer, release: Release | undefined): void;
  onEnd(trailers: RawHeaders): void;
  /** The dyno went away before the end; with code `ETIMEDOUT` when it said nothing for too long. */
  onBroken(error: NodeJS.ErrnoException): void;
  onFailure(failure: UpstreamFailure): void;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly reason: string;
  readonly httpVersion: string;
  readonly headers: RawHeaders;
  /** The whole body, in latin1, where it came along with the head: no event follows. */
  readonly whole: string | undefined;
}

export interface UpstreamFailure {
  /**
   * `exhausted`: this process can open no connection. `body-timeout`: the client stopped sending; the dyno waits for the rest. `restricted`: an answer that could be read,
   * but whose head is too long or contradicts itself.
   */
  readonly kind:
    | "refused"
    | "exhausted"
    | "connect-timeout"
    | "first-byte-timeout"
    | "body-timeout"
    | "closed"
    | "malformed"
    | "restricted";
  /** It is certain that no byte of the request was sent. */
  readonly nothingSent: boolean;
  /** A part of an answer was read. */
  readonly answerBegun: boolean;
  /** On a kept connection, without a byte of an answer: the dyno may just have closed it for being idle. */
  readonly stale: boolean;
  readonly cause: unknown;
}

export interface Exchange {
  /** No event follows. Harmless when it is over. */
  abort(): void;
  /** Between `onResponse` and the end: reads no more of the body, some chunks may still come. */
  pause(): void;
  resume(): void;
}
