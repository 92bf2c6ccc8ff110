import type { Dyno } from "../model/dyno.ts";

/**
 * Which web dynos take requests, by app. In memory only: at its start the daemon finds out again by asking the scheduler
 * and the dynos themselves. A dyno enters once it was healthy and leaves before it is stopped.
 */
export class InService {
  readonly #apps = new Map<string, Map<string, { readonly dyno: Dyno; up: boolean }>>();

  change(appId: string, change: { add?: readonly Dyno[]; remove?: readonly Pick<Dyno, "id">[] }): void {
    const dynos = this.#apps.get(appId) ?? new Map();
    for (const dyno of change.add ?? []) dynos.set(dyno.id, { dyno, up: true });
    for (const dyno of change.remove ?? []) dynos.delete(dyno.id);
    this.#apps.set(appId, dynos);
  }

  /** Of all that are in service, up or not. */
  ids(appId: string): string[] {
    return [...(this.#apps.get(appId)?.keys() ?? [])];
  }

  forget(appId: string): void {
    this.#apps.delete(appId);
  }

  /** Notes that a dyno died or accepts connections again. True where that changes something. */
  mark(dynoId: string, up: boolean): { appId: string; dyno: Dyno } | undefined {
    for (const [appId, dynos] of this.#apps) {
      const entry = dynos.get(dynoId);
      if (entry === undefined || entry.up === up) continue;
      entry.up = up;
      return { appId, dyno: entry.dyno };
    }
    return undefined;
  }

  /** It has web dynos, and all of them died. */
  isCrashed(appId: string): boolean {
    const entries = [...(this.#apps.get(appId)?.values() ?? [])];
    return entries.length > 0 && entries.every((entry) => !entry.up);
  }

  isDown(dynoId: string): Dyno | undefined {
    for (const dynos of this.#apps.values()) {
      const entry = dynos.get(dynoId);
      if (entry !== undefined && !entry.up) return entry.dyno;
    }
    return undefined;
  }

  /**
   * Those that are up. Where none is, all of them: the router then says that the app crashed, which is true, and not that
   * it has no dynos; and it finds them again by itself when they come back while the daemon is away.
   */
  of(appId: string): Dyno[] {
    const entries = [...(this.#apps.get(appId)?.values() ?? [])];
    const up = entries.filter((entry) => entry.up);
    return (up.length > 0 ? up : entries).map((entry) => entry.dyno);
  }
}
