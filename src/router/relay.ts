import type { IncomingMessage, ServerResponse } from "node:http";
import type { Transform } from "node:stream";
import type { RawHeaders } from "./headers.ts";
import { responseHeaders, trailerFields } from "./headers.ts";
import type { Release } from "./read-buffer.ts";
import { isEncrypted } from "./tls/encrypted.ts";
import type { UpstreamResponse } from "./upstream.ts";

// A piece that nothing follows for so long goes out as it is: the client may wait for it.
const restMs = 5;

const hstsKey = "strict-transport-security";

/** Where an answer comes from. */
export interface RelaySource {
  pause(): unknown;
  resume(): unknown;
}

/** An answer as the client is to get it. */
export interface Dressed {
  readonly headers: string[];
  /** In the place of the whole body that there was. */
  readonly whole?: Buffer;
  /** What the body goes through. */
  readonly coder?: Coder;
}

export interface Coder {
  readonly stream: Transform;
  /** Gets out what there is. */
  readonly flush: () => void;
  /** Each piece is of use as soon as it is there. */
  readonly eager: boolean;
}

export interface AnswerDresser {
  dress(from: UpstreamResponse, headers: string[]): Dressed;
}

export interface RelayOptions {
  /** Where the app's answers are changed on their way. */
  readonly dresser: AnswerDresser | undefined;
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
  readonly #options: RelayOptions;
  #source: RelaySource;
  #coder: Coder | undefined;
  #pauseDyno: (() => void) | undefined;
  #rest: NodeJS.Timeout | undefined;
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
    const { dresser } = this.#options;
    const dressed = dresser?.dress(from, headers);
    this.#headers = dressed?.headers ?? headers;
    to.writeHead(from.status, from.reason, this.#headers as unknown as string[]);
    if (from.whole !== undefined) {
      this.#endWhole(from.whole, dressed?.whole);
      return;
    }
    if (dressed?.coder !== undefined) this.#goThrough(dressed.coder);
    to.on("drain", () => this.#onDrain());
    // The head travels with the first bytes of the body, where they come at once; an event stream may begin with silence.
    setImmediate(() => {
      if (!this.#begun && !to.destroyed) to.flushHeaders();
    });
  }

  data(chunk: Buffer, release?: Release): void {
    if (this.#coder === undefined) this.#send(chunk, release);
    else this.#encode(this.#coder, chunk);
  }

  end(trailers: RawHeaders): void {
    if (this.#coder === undefined) {
      this.#finish(trailers);
      return;
    }
    clearTimeout(this.#rest);
    this.#coder.stream.once("end", () => this.#finish(trailers));
    this.#coder.stream.end();
  }

  /** The answer is over, or nobody wants it any more. */
  close(): void {
    clearTimeout(this.#rest);
    this.#coder?.stream.destroy();
  }

  /** Ends the connection so that the client sees a broken answer, never a short one that looks whole. */
  cut(): void {
    this.close();
    const { chunkedEncoding, socket } = this.#to;
    // Only a reset can be told from the end of the body where nothing else marks it; TLS marks its own end.
    if (chunkedEncoding || hasHeader(this.#headers, "content-length") || isEncrypted(socket)) socket?.destroy();
    else socket?.resetAndDestroy();
  }

  #endWhole(whole: string, coded: Buffer | undefined): void {
    this.#options.onBytes((coded ?? whole).length);
    if (coded === undefined) this.#to.end(whole, "latin1");
    else this.#to.end(coded);
  }

  /** The client then sets the pace of the coder, and that the pace of the dyno. */
  #goThrough(coder: Coder): void {
    const dyno = this.#source;
    this.#coder = coder;
    this.#source = coder.stream;
    coder.stream.on("data", (chunk: Buffer) => this.#send(chunk));
    coder.stream.on("drain", () => dyno.resume());
    coder.stream.on("error", () => this.cut());
    this.#pauseDyno = () => dyno.pause();
  }

  #encode({ stream, flush, eager }: Coder, chunk: Buffer): void {
    if (stream.destroyed) return;
    if (!stream.write(chunk)) this.#pauseDyno?.();
    if (eager) flush();
    else if (this.#rest === undefined) this.#rest = setTimeout(flush, restMs);
    else this.#rest.refresh();
  }

  #send(chunk: Buffer, release?: Release): void {
    this.#begun = true;
    this.#options.onBytes(chunk.length);
    if (this.#to.write(chunk, release) || this.#to.destroyed) return;
    this.#source.pause();
    if (!this.#watched) this.#to.on("timeout", () => this.#onTimeout());
    this.#watched = true;
    this.#to.setTimeout(this.#options.idleMs);
  }

  #finish(trailers: RawHeaders): void {
    this.#begun = true;
    const fields = trailerFields(trailers);
    if (fields.length > 0) this.#to.addTrailers(pairs(fields));
    this.#to.end();
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
