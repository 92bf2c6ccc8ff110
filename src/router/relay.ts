import type { IncomingMessage, ServerResponse } from "node:http";
import type { RawHeaders } from "./headers.ts";
import { responseHeaders, trailerFields } from "./headers.ts";
import { isEncrypted } from "./tls/encrypted.ts";
import type { UpstreamResponse } from "./upstream.ts";

const hstsKey = "strict-transport-security";

/** Where an answer comes from. */
export interface RelaySource {
  pause(): void;
  resume(): void;
}

export interface RelayOptions {
  /** How long the client may take nothing of what waits for it. */
  readonly idleMs: number;
  /** Strict-Transport-Security, for an answer that says nothing of its own about it. */
  readonly hsts: string | undefined;
  onBytes(count: number): void;
  /** The client took nothing for too long; its connection is cut already. */
  onClientIdle(): void;
}

/** Passes one answer to the client, no faster than the client takes it. */
export class Relay {
  readonly #to: ServerResponse;
  readonly #source: RelaySource;
  readonly #options: RelayOptions;
  #headers: RawHeaders = [];
  #begun = false;
  #watched = false;

  constructor(to: ServerResponse, source: RelaySource, options: RelayOptions) {
    this.#to = to;
    this.#source = source;
    this.#options = options;
  }

  /** Throws, before anything is sent, for headers that node will not write. */
  begin(from: UpstreamResponse): void {
    const to = this.#to;
    const { method = "GET", httpVersion } = to.req;
    const facts = { status: from.status, method, httpVersion, dynoHttpVersion: from.httpVersion };
    const headers = responseHeaders(from.headers, facts);
    const { hsts } = this.#options;
    if (hsts !== undefined && !hasHeader(headers, hstsKey)) headers.push("Strict-Transport-Security", hsts);
    this.#headers = headers;
    to.writeHead(from.status, from.reason, this.#headers as unknown as string[]);
    if (from.whole !== undefined) {
      this.#options.onBytes(from.whole.length);
      to.end(from.whole, "latin1");
      return;
    }
    to.on("drain", () => this.#onDrain());
    // The head travels with the first bytes of the body, where they come at once; an event stream may begin with silence.
    setImmediate(() => {
      if (!this.#begun && !to.destroyed) to.flushHeaders();
    });
  }

  data(chunk: Buffer): void {
    this.#begun = true;
    this.#options.onBytes(chunk.length);
    if (this.#to.write(chunk) || this.#to.destroyed) return;
    this.#source.pause();
    if (!this.#watched) this.#to.on("timeout", () => this.#onTimeout());
    this.#watched = true;
    this.#to.setTimeout(this.#options.idleMs);
  }

  end(trailers: RawHeaders): void {
    this.#begun = true;
    const fields = trailerFields(trailers);
    if (fields.length > 0) this.#to.addTrailers(pairs(fields));
    this.#to.end();
  }

  /** Ends the connection so that the client sees a broken answer, never a short one that looks whole. */
  cut(): void {
    const { chunkedEncoding, socket } = this.#to;
    // Only a reset can be told from the end of the body where nothing else marks it; TLS marks its own end.
    if (chunkedEncoding || hasHeader(this.#headers, "content-length") || isEncrypted(socket)) socket?.destroy();
    else socket?.resetAndDestroy();
  }

  #onDrain(): void {
    if (this.#watched) this.#to.setTimeout(0);
    this.#source.resume();
  }

  #onTimeout(): void {
    this.cut();
    this.#options.onClientIdle();
  }
}

/** As a whole, from a message of node's own client. Throws as `begin` does. */
export function relayMessage(
  from: IncomingMessage,
  to: ServerResponse,
  options: RelayOptions & { onBroken(error: Error): void },
): void {
  const relay = new Relay(to, from, options);
  relay.begin({
    status: from.statusCode ?? 0,
    reason: from.statusMessage ?? "",
    httpVersion: from.httpVersion,
    headers: from.rawHeaders,
    whole: undefined,
  });
  from.on("data", (chunk: Buffer) => relay.data(chunk));
  from.on("end", () => relay.end(from.rawTrailers));
  from.on("error", (error) => {
    relay.cut();
    options.onBroken(error);
  });
}

function hasHeader(headers: RawHeaders, key: string): boolean {
  return headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === key);
}

function pairs(flat: RawHeaders): [string, string][] {
  const result: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) result.push([flat[i] as string, flat[i + 1] as string]);
  return result;
}
