import type { Logger } from "../lib/logger.ts";

const quietMs = 1_000;

/** Logs connections that were turned away, one line a second at most: a flood of them must not become a flood of the log. */
export class RefusalLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  #last = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  add(address: string, reason: string): void {
    if (this.#now() - this.#last < quietMs) {
      this.#unlogged += 1;
      return;
    }
    this.#last = this.#now();
    this.#logger.warn({ address, reason, more: this.#unlogged }, "ssh connection turned away");
    this.#unlogged = 0;
  }
}
