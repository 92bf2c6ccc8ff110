import { Slots } from "../lib/slots.ts";
import type { Job } from "./operations.ts";

/** The deploys that are under way: at most so many build at once, and each can be cancelled by others than its caller. */
export class BuildQueue {
  readonly #slots: Slots;
  readonly #running = new Map<string, AbortController>();

  constructor(buildsAtOnce: number) {
    this.#slots = new Slots(buildsAtOnce);
  }

  /** Runs a deploy whose job ends with its caller, or by `cancel`. An app has one at a time: its lock sees to that. */
  async track<T>(appId: string, job: Job, work: (job: Job) => Promise<T>): Promise<T> {
    const canceller = new AbortController();
    this.#running.set(appId, canceller);
    try {
      return await work({ ...job, signal: AbortSignal.any([job.signal, canceller.signal]) });
    } finally {
      this.#running.delete(appId);
    }
  }

  /** False where no deploy of the app is under way. */
  cancel(appId: string, reason: Error): boolean {
    const canceller = this.#running.get(appId);
    canceller?.abort(reason);
    return canceller !== undefined;
  }

  async build<T>(job: Job, work: () => Promise<T>): Promise<T> {
    const { ahead } = this.#slots;
    if (ahead > 0) job.progress.step(`Waiting for ${ahead === 1 ? "another build" : `${ahead} other builds`} to end`);
    return this.#slots.use(job.signal, work);
  }
}
