import type { Pause } from "../../model/switches.ts";
import { type Fault, faults } from "../faults.ts";
import { retryAfter } from "./app-switches.ts";

const retryMs = 5_000;

/** Where the requests of a paused app wait. */
export class WaitingRoom {
  readonly #waiting = new Set<() => void>();

  /** Resolves when the app goes on, or with why the request cannot wait any longer; `onGone` says when its client is gone. */
  wait({ maxMs, limit }: Pause, onGone: (listener: () => void) => void): Promise<Fault | undefined> {
    if (this.#waiting.size >= limit) return Promise.resolve(retryAfter(faults.tooManyWait, retryMs));
    return new Promise((resolve) => {
      const leave = (fault: Fault | undefined) => {
        clearTimeout(timer);
        this.#waiting.delete(goOn);
        resolve(fault);
      };
      const goOn = () => leave(undefined);
      const timer = setTimeout(() => leave(retryAfter(faults.waitedTooLong, retryMs)), maxMs);
      this.#waiting.add(goOn);
      onGone(goOn);
    });
  }

  /** In the order they came. */
  open(): void {
    for (const goOn of [...this.#waiting]) goOn();
  }
}
