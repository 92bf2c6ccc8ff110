import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { connect } from "node:net";
import type { Target } from "../../model/route.ts";

// What a server takes before it has said it (RFC 9113, 6.5.2, as the least that is sensible).
const streamsUntilTold = 100;
const idleMs = 60_000;
const streamWindow = 512 * 1024;
const connectionWindow = 2 * 1024 * 1024;
// Whether two of a header mean anything is for the app to say, as over HTTP/1.1. The types know it for servers only.
const repeatable = { strictSingleValueFields: false };

export interface SessionUser {
  onReady(): void;
  /** Before it was ready. */
  onRefused(error: Error | undefined): void;
}

/** One connection to a dyno. */
export class H2cSession {
  /** It has served a request before. */
  reused = false;
  isConnected = false;
  /** The dyno has said what it takes: as long, more streams than that could be begun. */
  isReady = false;
  /** Why it broke. */
  failure: NodeJS.ErrnoException | undefined;
  readonly #session: ClientHttp2Session;
  readonly #waiting = new Set<SessionUser>();
  #open = 0;
  #isRetired = false;
  #limit: number;

  /** `limit`: how many streams it will take, where another connection to the dyno tells. */
  constructor({ address, port }: Target, limit: number | undefined, onClosed: () => void) {
    this.#limit = limit ?? streamsUntilTold;
    // On the first use: the module costs a worker 12 MB.
    const http2 = process.getBuiltinModule("node:http2");
    this.#session = http2.connect("http://dyno", {
      createConnection: () => connect({ host: address, port, noDelay: true }),
      settings: { enablePush: false, initialWindowSize: streamWindow },
      peerMaxConcurrentStreams: streamsUntilTold,
      maxHeaderListPairs: 4_000,
      ...repeatable,
    });
    this.#session.on("connect", () => {
      this.isConnected = true;
    });
    this.#session.on("remoteSettings", ({ maxConcurrentStreams }) => {
      this.#limit = maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
      if (!this.isReady) this.#onReady();
    });
    this.#session.on("error", (error) => {
      this.failure ??= error;
    });
    this.#session.on("close", () => {
      onClosed();
      for (const user of this.#waiting) user.onRefused(this.failure);
    });
    this.#session.setTimeout(idleMs, () => {
      if (this.#open === 0) this.retire();
    });
  }

  get hasRoom(): boolean {
    if (this.#isRetired || this.#session.closed || this.#session.destroyed) return false;
    return this.#open < this.#limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Tells the user at once, or later, that it is ready; `leave` follows in any case. */
  enter(user: SessionUser): void {
    this.#open++;
    if (this.isReady) user.onReady();
    else this.#waiting.add(user);
  }

  leave(user: SessionUser): void {
    this.#waiting.delete(user);
    this.#open--;
    this.reused = true;
    // Nobody waits for it any more, and it may never stand.
    if (this.#open === 0 && !this.isReady) this.destroy();
  }

  /** Throws where the dyno has just ended the connection, or for headers that cannot be sent. */
  request(headers: readonly string[], hasBody: boolean): ClientHttp2Stream {
    return this.#session.request(headers, { endStream: !hasBody, waitForTrailers: hasBody });
  }

  /** What is open is finished. */
  retire(): void {
    this.#isRetired = true;
    this.#session.close();
  }

  destroy(): void {
    this.#isRetired = true;
    this.#session.destroy();
  }

  #onReady(): void {
    this.isReady = true;
    this.#session.setLocalWindowSize(connectionWindow);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const user of waiting) user.onReady();
  }
}
