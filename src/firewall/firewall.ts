import type { Logger } from "../lib/logger.ts";
import { Mutex } from "../lib/mutex.ts";
import { messageOf } from "../model/errors.ts";
import { restoreTable, saveTable } from "./iptables.ts";
import { type Family, type FirewallPlan, familyRules, restoreInput, stateIn } from "./rules.ts";

export interface FirewallOptions {
  readonly instance: string;
  /** Undefined: containers may reach all of the host, and there are no rules. */
  readonly plan: () => Promise<FirewallPlan | undefined>;
  readonly logger: Logger;
}

interface Applied {
  /** What was asked for, and what iptables has made of it. */
  readonly input: string;
  readonly state: string;
}

/**
 * Keeps dynos and builds from the host's own services by a chain of iptables. What it cannot do, it says once, and Berth
 * goes on: no right to change rules, no iptables.
 */
export class Firewall {
  readonly #options: FirewallOptions;
  readonly #applied = new Map<Family, Applied>();
  readonly #unusable = new Set<Family>();
  readonly #mutex = new Mutex();

  constructor(options: FirewallOptions) {
    this.#options = options;
  }

  /** Undefined if the rules are as they should be. */
  check(): Promise<string | undefined> {
    return this.#mutex.run(() => this.#check());
  }

  make(): Promise<void> {
    return this.#mutex.run(() => this.#make());
  }

  /** For the end of a Berth, and for tests. */
  async remove(): Promise<void> {
    for (const family of [4, 6] as const) await this.#apply(undefined, family);
  }

  async #check(): Promise<string | undefined> {
    const plan = await this.#options.plan();
    for (const family of this.#families()) {
      const before = this.#applied.get(family);
      if (before === undefined) return "not set up yet";
      if (before.input !== textOf(plan, family)) return "what is open has changed";
      if (before.state !== stateIn(await saveTable(family), this.#options.instance)) return "rules have been changed";
    }
    return undefined;
  }

  async #make(): Promise<void> {
    const plan = await this.#options.plan();
    for (const family of this.#families()) {
      try {
        await this.#apply(plan, family);
      } catch (error) {
        if (!isLasting(error)) throw error;
        this.#giveUp(family, plan, error);
      }
    }
  }

  async #apply(plan: FirewallPlan | undefined, family: Family): Promise<void> {
    const { instance } = this.#options;
    const wanted = plan && familyRules(plan, family);
    await restoreTable(family, restoreInput(await saveTable(family), instance, wanted));
    const state = stateIn(await saveTable(family), instance);
    this.#applied.set(family, { input: textOf(plan, family), state });
  }

  #families(): Family[] {
    return ([4, 6] as const).filter((family) => !this.#unusable.has(family));
  }

  #giveUp(family: Family, plan: FirewallPlan | undefined, error: unknown): void {
    this.#unusable.add(family);
    // All is open on purpose.
    if (plan === undefined) return;
    // Berth's networks have no IPv6: there, this is a second line only.
    if (family === 6 && !this.#unusable.has(4)) {
      this.#options.logger.info({ reason: messageOf(error) }, "no firewall rules for IPv6");
    } else if (family === 4) {
      this.#options.logger.warn(
        { reason: messageOf(error) },
        "firewall rules cannot be set: apps and builds can reach services of this host. Berth needs iptables, and CAP_NET_ADMIN or root",
      );
    }
  }
}

/** As long as this process runs: the next try would end alike. */
function isLasting(error: unknown): boolean {
  return /could not be started|permission denied|not permitted|must be root|does not exist|support/i.test(
    messageOf(error),
  );
}

function textOf(plan: FirewallPlan | undefined, family: Family): string {
  return plan === undefined ? "" : JSON.stringify(familyRules(plan, family));
}
