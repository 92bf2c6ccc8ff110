import type { TrafficReport } from "../model/route.ts";
import { latencyBoundsMs, type Traffic } from "../model/traffic.ts";
import type { Routes } from "./route-table.ts";

interface Counters extends Traffic {
  readonly statuses: number[];
  readonly errors: Record<string, number>;
  bytes: number;
  durationMs: number;
  readonly latency: number[];
  /** Since the last report. */
  changed: boolean;
}

interface CountedOutcome {
  readonly status: number;
  readonly bytes: number;
  readonly fault: { readonly code: string } | undefined;
}

/** What the daemon is told of each app's requests when it asks. Counted from the worker's start on. */
export class TrafficCounters {
  readonly #apps = new Map<string, Counters>();

  /** Once for each request, when it is over. */
  count(app: string, outcome: CountedOutcome, durationMs: number): void {
    const counters = this.#of(app);
    counters.changed = true;
    const { status, fault } = outcome;
    const digit = Math.min((status / 100) | 0, 5);
    counters.statuses[digit] = (counters.statuses[digit] as number) + 1;
    counters.bytes += outcome.bytes;
    if (fault !== undefined) counters.errors[fault.code] = (counters.errors[fault.code] ?? 0) + 1;
    // How long a WebSocket was open says nothing of how fast the app is.
    if (status === 101) return;
    counters.durationMs += durationMs;
    let bucket = 0;
    while (bucket < latencyBoundsMs.length && durationMs > (latencyBoundsMs[bucket] as number)) bucket++;
    counters.latency[bucket] = (counters.latency[bucket] as number) + 1;
  }

  /** `all`: for a daemon that knows nothing yet; else what has changed since the last report. */
  report(routes: Routes, all: boolean): Pick<TrafficReport, "apps" | "open"> {
    const apps: Record<string, Traffic> = {};
    for (const [app, counters] of this.#apps) {
      if (!all && !counters.changed) continue;
      const { changed: _, statuses, latency, ...rest } = counters;
      apps[app] = { ...rest, statuses: trimmed(statuses), latency: trimmed(latency) };
      counters.changed = false;
    }
    const open: Record<string, number> = {};
    const known = new Set<string>([""]);
    for (const {
      routes: { app },
      targets,
    } of routes.all()) {
      known.add(app);
      let count = 0;
      for (const target of targets) count += target.open;
      if (count > 0) open[app] = count;
    }
    this.#forget(known);
    return { apps, open };
  }

  /** Another app may come by the name of one that has gone. */
  #forget(known: ReadonlySet<string>): void {
    for (const app of this.#apps.keys()) if (!known.has(app)) this.#apps.delete(app);
  }

  #of(app: string): Counters {
    let counters = this.#apps.get(app);
    if (counters === undefined) {
      const latency = new Array<number>(latencyBoundsMs.length + 1).fill(0);
      counters = { statuses: [0, 0, 0, 0, 0, 0], errors: {}, bytes: 0, durationMs: 0, latency, changed: false };
      this.#apps.set(app, counters);
    }
    return counters;
  }
}

function trimmed(counts: readonly number[]): number[] {
  return counts.slice(0, counts.findLastIndex((count) => count > 0) + 1);
}
