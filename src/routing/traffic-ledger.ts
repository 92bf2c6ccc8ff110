import type { TrafficReport } from "../model/route.ts";
import { noTraffic, sumOf, type Traffic, trafficSince } from "../model/traffic.ts";

interface WorkerCounts {
  readonly pid: number;
  readonly apps: Map<string, Traffic>;
  open: Readonly<Record<string, number>>;
}

/** As it is kept on disk. */
export interface LedgerState {
  /** Unix milliseconds. */
  readonly at: number;
  readonly ended: Readonly<Record<string, Traffic>>;
  readonly workers: readonly {
    readonly pid: number;
    readonly since: number;
    readonly apps: Readonly<Record<string, Traffic>>;
  }[];
}

/**
 * The counts of all workers together, those that have ended among them: a sum that only grows, as counters must. Each worker
 * tells what it has counted since its start, so nothing is lost or counted twice however often a daemon begins anew.
 */
export class TrafficLedger {
  readonly #ended = new Map<string, Traffic>();
  readonly #workers = new Map<string, WorkerCounts>();

  take({ pid, since, apps, open }: TrafficReport): void {
    const key = `${pid} ${since}`;
    const worker = this.#workers.get(key) ?? { pid, apps: new Map<string, Traffic>(), open };
    this.#workers.set(key, worker);
    worker.open = open;
    for (const [app, traffic] of Object.entries(apps)) {
      const before = worker.apps.get(app);
      // The app was gone for a while, and the worker has forgotten it.
      if (before !== undefined && trafficSince(traffic, before) === undefined) this.#addEnded(app, before);
      worker.apps.set(app, traffic);
    }
  }

  /** What workers that are no more have counted stays, but is no longer theirs. */
  settle(isAlive: (pid: number) => boolean): void {
    for (const [key, worker] of this.#workers) {
      if (isAlive(worker.pid)) continue;
      for (const [app, traffic] of worker.apps) this.#addEnded(app, traffic);
      this.#workers.delete(key);
    }
  }

  totals(): Map<string, Traffic> {
    const totals = new Map(this.#ended);
    for (const { apps } of this.#workers.values()) {
      for (const [app, traffic] of apps) totals.set(app, sumOf(totals.get(app) ?? noTraffic, traffic));
    }
    return totals;
  }

  /** Requests and upgraded connections that are open on the app's dynos. */
  open(): Map<string, number> {
    const all = new Map<string, number>();
    for (const { open } of this.#workers.values()) {
      for (const [app, count] of Object.entries(open)) all.set(app, (all.get(app) ?? 0) + count);
    }
    return all;
  }

  /** Forgets all apps that are not among these. */
  keep(isKnown: (app: string) => boolean): void {
    for (const apps of [this.#ended, ...this.#workers.values().map((worker) => worker.apps)]) {
      for (const app of apps.keys()) if (!isKnown(app)) apps.delete(app);
    }
  }

  save(at: number): LedgerState {
    const workers = [...this.#workers].map(([key, { pid, apps }]) => {
      return { pid, since: Number(key.split(" ")[1]), apps: Object.fromEntries(apps) };
    });
    return { at, ended: Object.fromEntries(this.#ended), workers };
  }

  restore(state: LedgerState): void {
    for (const [app, traffic] of Object.entries(state.ended)) this.#ended.set(app, traffic);
    for (const { pid, since, apps } of state.workers) {
      this.#workers.set(`${pid} ${since}`, { pid, apps: new Map(Object.entries(apps)), open: {} });
    }
  }

  #addEnded(app: string, traffic: Traffic): void {
    this.#ended.set(app, sumOf(this.#ended.get(app) ?? noTraffic, traffic));
  }
}
