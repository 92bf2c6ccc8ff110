import { UserError } from "../model/errors.ts";

interface Holder {
  readonly purpose: string;
  readonly since: number;
}

interface Upkeep {
  readonly giveWay: AbortController;
  readonly ended: Promise<void>;
}

/** One change at a time for each app. A user's change never waits for another one: it is told at once what is going on. */
export class AppLocks {
  readonly #holders = new Map<string, Holder>();
  readonly #upkeep = new Map<string, Upkeep>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Runs the work under the app's lock, or throws `app-busy`. `purpose` reads as "deploy of 1a2b3c4 by alice". Upkeep is
   * ended first: a repair that cannot succeed must not keep out the push that would mend the app.
   */
  async hold<T>(app: { id: string; name: string }, purpose: string, work: () => Promise<T>): Promise<T> {
    const upkeep = this.#upkeep.get(app.id);
    if (upkeep !== undefined) {
      upkeep.giveWay.abort();
      await upkeep.ended;
    }
    const busyWith = this.busyWith(app.id);
    if (busyWith !== undefined) {
      throw new UserError("app-busy", `App ${app.name} is busy with another change: ${busyWith}`, {
        hint: "Nothing was changed. Try again when it is done",
      });
    }
    this.#holders.set(app.id, { purpose, since: this.#now() });
    try {
      return await work();
    } finally {
      this.#holders.delete(app.id);
    }
  }

  /** Berth's own work on an app, alone too, but of lower rank: not begun where the app is held, and ended by a `hold`. */
  async upkeep(appId: string, work: (giveWay: AbortSignal) => Promise<void>): Promise<void> {
    if (this.isHeld(appId)) return;
    const giveWay = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#upkeep.set(appId, { giveWay, ended });
    try {
      await work(giveWay.signal);
    } finally {
      this.#upkeep.delete(appId);
      resolve();
    }
  }

  isHeld(appId: string): boolean {
    return this.#holders.has(appId) || this.#upkeep.has(appId);
  }

  /** The user's change that holds the app, if one does. */
  busyWith(appId: string): string | undefined {
    const holder = this.#holders.get(appId);
    if (holder === undefined) return undefined;
    const seconds = Math.round((this.#now() - holder.since) / 1000);
    return `${holder.purpose}, for ${seconds} s now`;
  }
}
