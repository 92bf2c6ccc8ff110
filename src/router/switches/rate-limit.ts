import type { RequestRate } from "../../model/switches.ts";

// Addresses that are remembered; the one that was seen first goes when there are more.
const keptAddresses = 65_536;

/** Requests of each client address, in this worker: a bucket of `burst` that fills again at the rate. */
export class RateLimit {
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  /** When the bucket will be full again: all that must be known of it. */
  readonly #fullAt = new Map<string, number>();

  constructor({ count, perMs, burst }: RequestRate) {
    this.#intervalMs = perMs / count;
    this.#toleranceMs = this.#intervalMs * (burst - 1);
  }

  /** Milliseconds until there is room for one more; 0 where it was taken. */
  take(address: string, now: number): number {
    const fullAt = Math.max(this.#fullAt.get(address) ?? 0, now);
    const wait = fullAt - now - this.#toleranceMs;
    if (wait > 0) return wait;
    // To the end of the map: what is dropped first is what was not seen for the longest time.
    this.#fullAt.delete(address);
    if (this.#fullAt.size >= keptAddresses) this.#fullAt.delete(this.#fullAt.keys().next().value as string);
    this.#fullAt.set(address, fullAt + this.#intervalMs);
    return 0;
  }
}
