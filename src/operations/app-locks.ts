import { UserError } from "../model/errors.ts";

interface Holder {
  readonly purpose: string;
  readonly since: number;
}

/** One change at a time for each app. Never waits: whoever comes second is told at once what is going on. */
export class AppLocks {
  readonly #holders = new Map<string, Holder>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Runs the work under the app's lock, or throws `app-busy`. `purpose` reads as "deploy of 1a2b3c4 by alice". */
  async hold<T>(app: { id: string; name: string }, purpose: string, work: () => Promise<T>): Promise<T> {
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

  isHeld(appId: string): boolean {
    return this.#holders.has(appId);
  }

  busyWith(appId: string): string | undefined {
    const holder = this.#holders.get(appId);
    if (holder === undefined) return undefined;
    const seconds = Math.round((this.#now() - holder.since) / 1000);
    return `${holder.purpose}, for ${seconds} s now`;
  }
}
