import { historySteps, noTraffic, requestsOf, type Traffic, trafficSince } from "../model/traffic.ts";
import type { TrafficSnapshot } from "../routing/traffic-source.ts";
import type { Store } from "../store/store.ts";

// Older than this, the difference is what came in while no daemon ran: no minute may claim it.
const preciseSeconds = 60;

/** Adds what came between two samples to the history of each app, and forgets what has become old. */
export function recordTraffic(
  store: Store,
  now: TrafficSnapshot,
  before: Pick<TrafficSnapshot, "at" | "totals">,
): void {
  const seconds = Math.floor(now.at / 1000);
  const gap = seconds - before.at / 1000;
  const steps = historySteps.filter(({ step }) => gap <= preciseSeconds || step > preciseSeconds);
  store.write((changes) => {
    for (const [name, total] of now.totals) {
      const traffic = increase(total, before.totals.get(name));
      const app = requestsOf(traffic) === 0 ? undefined : changes.apps.byName(name);
      if (app === undefined) continue;
      for (const { step } of steps) changes.traffic.add(app.id, step, { at: seconds - (seconds % step), traffic });
    }
    for (const { step, keep } of historySteps) changes.traffic.forget(step, seconds - keep);
  });
}

function increase(total: Traffic, before: Traffic = noTraffic): Traffic {
  return trafficSince(total, before) ?? total;
}
