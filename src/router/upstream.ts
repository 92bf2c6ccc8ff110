import type { Readable } from "node:stream";
import type { Target } from "../model/route.ts";
import type { RawHeaders } from "./headers.ts";

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

export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  /** Complete, framing included. */
  readonly headers: RawHeaders;
  readonly body: RequestBody | undefined;
  /** On a new connection, not on a kept one. */
  readonly fresh: boolean;
}

export interface RequestBody {
  readonly stream: Readable;
  /** Flat list, empty for none. Asked once the stream has ended. */
  trailers(): RawHeaders;
}

export interface UpstreamEvents {
  /** A connection stands; the body, if any, is read from now on. */
  onConnected(): void;
  /** 1xx, other than 100 and 101. */
  onInformation(status: number, headers: RawHeaders): void;
  onResponse(response: UpstreamResponse): void;
  onFailure(failure: UpstreamFailure): void;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly reason: string;
  readonly httpVersion: string;
  readonly headers: RawHeaders;
  /** Fails when the dyno goes away before the end; with code `ETIMEDOUT` when nothing moved for too long. */
  readonly body: Readable;
  /** Asked once the body has ended. */
  trailers(): RawHeaders;
}

export interface UpstreamFailure {
  /** `body-timeout`: the client stopped sending; the dyno waits for the rest. */
  readonly kind: "refused" | "connect-timeout" | "first-byte-timeout" | "body-timeout" | "closed" | "malformed";
  /** It is certain that no byte of the request was sent. */
  readonly nothingSent: boolean;
  /** On a kept connection, without a byte of an answer: the dyno may just have closed it for being idle. */
  readonly stale: boolean;
  readonly cause: unknown;
}

export interface Exchange {
  /** No event follows. Harmless when it is over. */
  abort(): void;
}
