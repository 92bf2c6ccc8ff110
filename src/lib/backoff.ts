interface Backoffs {
  readonly firstMs: number;
  readonly longestMs: number;
  readonly now: () => number;
}

/** How long to wait before something is done again, by key: not at all the first time, then twice as long each time. */
export class Backoff {
  readonly #options: Backoffs;
  readonly #last = new Map<string, { readonly waitMs: number; readonly at: number }>();

  constructor(options: Backoffs) {
    this.#options = options;
  }

  /** Begins anew where the last time is long ago. */
  next(key: string): number {
    const { firstMs, longestMs, now } = this.#options;
    const last = this.#last.get(key);
    const isOver = last === undefined || now() - last.at > last.waitMs + longestMs;
    const waitMs = isOver ? 0 : Math.min(Math.max(firstMs, 2 * last.waitMs), longestMs);
    this.#last.set(key, { waitMs, at: now() });
    return waitMs;
  }
}
