import type { Target } from "../model/route.ts";
import type { Balancer } from "./balancer.ts";

/** The targets whose end the daemon waits for. */
export class Drains {
  readonly #wanted = new Set<string>();
  readonly #balancer: Balancer;
  readonly #tell: (target: string) => void;

  constructor(balancer: Balancer, tell: (target: string) => void) {
    this.#balancer = balancer;
    this.#tell = tell;
  }

  /** `upgradesMs`: how long upgraded connections may go on; without it, for as long as they want. */
  ask(target: string, upgradesMs?: number): void {
    if (this.#balancer.isIdle(target)) {
      this.#tell(target);
      return;
    }
    this.#wanted.add(target);
    if (upgradesMs !== undefined) setTimeout(() => this.#balancer.endUpgrades(target), upgradesMs).unref();
  }

  onIdle(target: Target): void {
    if (this.#balancer.isIdle(target.id) && this.#wanted.delete(target.id)) this.#tell(target.id);
  }
}
