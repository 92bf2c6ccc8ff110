import { Mutex } from "../lib/mutex.ts";
import { UserError } from "../model/errors.ts";
import type { Stamp } from "../model/stamp.ts";
import type { Thing } from "./inventory.ts";
import type { Operations } from "./operations.ts";

/** The copy of the store's generation that is kept outside of it. */
export interface NotedGeneration {
  /** What it was when the daemon started. */
  readonly found: Stamp | undefined;
  /** From now on it follows the store. */
  follow(stamp: Stamp): void;
}

/**
 * In force when the daemon started with a store that does not know what exists: an empty one, an older one, another Berth's.
 * What runs is served by the last table of routes; nothing is started, stopped or removed until somebody has decided.
 */
export class SafeMode {
  readonly #file: NotedGeneration;
  #unexplained: readonly Thing[] = [];
  #onLeave: (() => Promise<void>) | undefined;
  #hasLeft = false;
  readonly #decisions = new Mutex();

  constructor(file: NotedGeneration) {
    this.#file = file;
  }

  get isOn(): boolean {
    return this.#onLeave !== undefined;
  }

  /** As they were found at the start. */
  get unexplained(): readonly Thing[] {
    return this.#unexplained;
  }

  /** The generation that the store should have; undefined where none was noted, or the store is accepted. */
  get noted(): Stamp | undefined {
    return this.#hasLeft ? undefined : this.#file.found;
  }

  /** `onLeave`: what the daemon would have done at its start. */
  enter(unexplained: readonly Thing[], onLeave: () => Promise<void>): void {
    this.#unexplained = unexplained;
    this.#onLeave = onLeave;
  }

  /** One decision at a time. Throws `no-safe-mode` where there is nothing to decide. */
  decide<T>(work: () => Promise<T>): Promise<T> {
    return this.#decisions.run(async () => {
      if (this.isOn) return await work();
      throw new UserError("no-safe-mode", "There is nothing to recover: Berth is not in safe mode");
    });
  }

  /** The store is in force, with this stamp. */
  async leave(stamp: Stamp): Promise<void> {
    this.#hasLeft = true;
    this.#file.follow(stamp);
    // Until that is done, changes are still refused.
    await this.#onLeave?.();
    this.#onLeave = undefined;
    this.#unexplained = [];
  }

  /** Throws `safe-mode`. */
  requireOff(): void {
    if (this.isOn) throw refusal();
  }
}

function refusal(): UserError {
  return new UserError("safe-mode", "Berth is in safe mode: its database does not know all that exists on this host", {
    hint: "Nothing is changed until you decide. See what was found, and what to do, with: recover:report",
  });
}

/** Verbs that read, and those that decide. All others are refused in safe mode. */
const harmless: ReadonlySet<string> = new Set<keyof Operations>([
  "listApps",
  "requireApp",
  "appReport",
  "config",
  "domains",
  "globalDomains",
  "errorPage",
  "errorPages",
  "listRoutes",
  "certificate",
  "letsencrypt",
  "addKey",
  "listKeys",
  "releases",
  "property",
  "buildOptions",
  "buildpacks",
  "formation",
  "processReport",
  "logs",
  "liveTraffic",
  "trafficHistory",
  "builds",
  "build",
  "buildOutput",
  "busyWith",
  "branchToPushAgain",
  "recoverReport",
  "recoverAdopt",
  "recoverForget",
]);

/** The operations, but for what would change something in safe mode. */
export function guarded(operations: Operations, safeMode: SafeMode): Operations {
  const entries = Object.entries(operations).map(([name, verb]) => {
    if (typeof verb !== "function" || harmless.has(name)) return [name, verb];
    const guard = async (...args: unknown[]): Promise<unknown> => {
      safeMode.requireOff();
      return await (verb as (...args: unknown[]) => unknown)(...args);
    };
    return [name, guard];
  });
  return Object.fromEntries(entries) as Operations;
}
