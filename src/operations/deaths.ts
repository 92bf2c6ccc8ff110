import type { DynoEvent, Scheduler } from "../schedulers/scheduler.ts";

/**
 * Which dynos have died since it was opened. The engine starts some of them again at once, so asking whether they run now
 * would miss it.
 */
export class Deaths {
  readonly #seen = new Map<string, DynoEvent>();

  /** Before the dynos are started; ends with the signal. */
  static async open(scheduler: Scheduler, signal: AbortSignal): Promise<Deaths> {
    const deaths = new Deaths();
    const events = await scheduler.watch(signal);
    void deaths.#follow(events);
    return deaths;
  }

  of(dynoId: string): Pick<DynoEvent, "exitCode"> | undefined {
    return this.#seen.get(dynoId);
  }

  async #follow(events: AsyncIterable<DynoEvent>): Promise<void> {
    for await (const event of events) if (event.type !== "started") this.#seen.set(event.id, event);
  }
}
