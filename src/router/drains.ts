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

  ask(target: string): void {
    if (this.#balancer.isIdle(target)) this.#tell(target);
    else this.#wanted.add(target);
  }

  onIdle(target: Target): void {
    if (this.#balancer.isIdle(target.id) && this.#wanted.delete(target.id)) this.#tell(target.id);
  }
}
