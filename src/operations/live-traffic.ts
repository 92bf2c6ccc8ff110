import { delay } from "../lib/delay.ts";
import { failuresOf, noTraffic, quantile, requestsOf, trafficSince } from "../model/traffic.ts";
import type { TrafficSnapshot } from "../routing/traffic-source.ts";
import type { Context } from "./context.ts";
import type { AppTraffic, LiveTraffic } from "./operations.ts";
import { appByName } from "./require-app.ts";

export interface LiveTrafficInput {
  readonly app: string | undefined;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

export async function liveTraffic(context: Context, input: LiveTrafficInput): Promise<AsyncIterable<LiveTraffic>> {
  const { app } = input;
  if (app !== undefined) context.store.read((view) => appByName(view, app));
  return watch(context, { ...input, signal: AbortSignal.any([input.signal, context.stopping]) });
}

async function* watch(context: Context, { app, intervalMs, signal }: LiveTrafficInput): AsyncGenerator<LiveTraffic> {
  let before = await context.traffic.snapshot();
  while (!signal.aborted) {
    await delay(intervalMs, signal);
    const now = await context.traffic.snapshot();
    const apps = app === undefined ? ratesOfAll(now, before) : [ratesOf(app, now, before)];
    yield { at: now.at, workers: now.workers, apps };
    before = now;
  }
}

function ratesOfAll(now: TrafficSnapshot, before: TrafficSnapshot): AppTraffic[] {
  return [...new Set([...now.totals.keys(), ...now.open.keys()])]
    .map((app) => ratesOf(app, now, before))
    .filter(({ requestsPerSecond, open }) => requestsPerSecond > 0 || open > 0)
    .sort((a, b) => b.requestsPerSecond - a.requestsPerSecond || b.open - a.open || (a.app < b.app ? -1 : 1));
}

function ratesOf(app: string, now: TrafficSnapshot, before: TrafficSnapshot): AppTraffic {
  const total = now.totals.get(app) ?? noTraffic;
  const traffic = trafficSince(total, before.totals.get(app) ?? noTraffic) ?? total;
  const seconds = Math.max(1, now.at - before.at) / 1000;
  return {
    app,
    requestsPerSecond: requestsOf(traffic) / seconds,
    bytesPerSecond: traffic.bytes / seconds,
    failuresPerSecond: failuresOf(traffic) / seconds,
    errors: Object.fromEntries(Object.entries(traffic.errors).filter(([, count]) => count > 0)),
    p50: quantile(traffic.latency, 0.5),
    p95: quantile(traffic.latency, 0.95),
    open: now.open.get(app) ?? 0,
  };
}
