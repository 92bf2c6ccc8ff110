import type { Target } from "../model/route.ts";
import type { Descriptors } from "./descriptors.ts";
import { DynoExchange } from "./dyno-exchange.ts";
import { DynoPool } from "./dyno-pool.ts";
import type { Exchange, Upstream, UpstreamEvents, UpstreamRequest } from "./upstream.ts";

/** Requests to dynos by a lean client of our own, over connections that are kept for each target. */
export class DynoUpstream implements Upstream {
  readonly #pool: DynoPool;

  constructor(keepAliveMs: number, descriptors?: Descriptors) {
    this.#pool = new DynoPool(keepAliveMs, descriptors);
  }

  send(target: Target, request: UpstreamRequest, events: UpstreamEvents): Exchange {
    return new DynoExchange(this.#pool, target, request, events).begin();
  }

  forget(target: Target): void {
    this.#pool.forget(target);
  }

  close(): void {
    this.#pool.close();
  }
}
