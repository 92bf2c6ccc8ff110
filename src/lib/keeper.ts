import { delay } from "./delay.ts";
import type { Kept } from "./kept.ts";
import type { Logger } from "./logger.ts";
import { Mutex } from "./mutex.ts";

export interface KeeperOptions {
  /** By name, in the order in which they are checked: what another one needs comes first. */
  readonly things: Readonly<Record<string, Kept>>;
  readonly everyMs: number;
  readonly logger: Logger;
}

/** Checks what the process made at its start again and again, and makes what is gone anew. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #stop = new AbortController();
  readonly #mutex = new Mutex();
  /** Reasons that were logged and still hold. */
  readonly #failing = new Map<string, string>();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Resolves after the first round, in which what is not there yet is made. Then they are kept. */
  async start(): Promise<void> {
    await this.round("info");
    void this.#repeat();
  }

  /** What is being looked at may take its time, and is not waited for. */
  stop(): void {
    this.#stop.abort();
  }

  /** Resolves when all things have been looked at once more. One that cannot be made is logged. */
  round(level: "debug" | "info" | "warn" = "warn"): Promise<void> {
    return this.#mutex.run(async () => {
      for (const [name, thing] of Object.entries(this.#options.things)) await this.#keep(name, thing, level);
    });
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await delay(this.#options.everyMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.round();
    }
  }

  async #keep(name: string, thing: Kept, level: "debug" | "info" | "warn"): Promise<void> {
    const { logger } = this.#options;
    try {
      const reason = await thing.check();
      if (reason !== undefined) {
        await thing.make();
        logger[level]({ thing: name, reason }, "restored what the daemon needs");
      }
      this.#failing.delete(name);
    } catch (error) {
      const message = String(error);
      // An engine that is away for an hour is one line, not hundreds.
      if (this.#failing.get(name) !== message)
        logger.warn({ err: error, thing: name }, "what the daemon needs cannot be restored");
      this.#failing.set(name, message);
    }
  }
}
