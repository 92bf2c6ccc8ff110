import type { AppTraffic, LiveTraffic } from "../../operations/operations.ts";
import { defineStream } from "../command.ts";
import { appName, flag, optional, wholeNumber } from "../input.ts";

const defaultSeconds = 2;
const shownApps = 20;

export const routerTop = defineStream({
  name: "router:top",
  effect: "reads",
  summary: "Watch the requests of all apps, or of one: how many, how fast, how many failed",
  input: {
    app: optional(appName),
    once: flag,
    interval: optional(wholeNumber("number of seconds", 1, 3600)),
  },
  positionals: ["app"],
  options: {
    once: { flags: "-1, --once", summary: "Only the first interval" },
    interval: { flags: "-i, --interval <seconds>", summary: `Time between two looks, in seconds (${defaultSeconds})` },
  },
  run: async ({ app, once, interval }, { operations, job }) => {
    const intervalMs = (interval ?? defaultSeconds) * 1000;
    const live = await operations.liveTraffic({ app, intervalMs, signal: job.signal });
    return once ? first(live) : live;
  },
  present: (live, out, { once }) => {
    // From the top of the screen, and what was below is wiped.
    const clear = out.terminal && !once ? "\x1b[H\x1b[J" : "";
    const workers = `${live.workers} router ${live.workers === 1 ? "worker" : "workers"}`;
    if (!out.quiet) out.text(`${clear}${new Date(live.at).toISOString().slice(0, 19)}Z, ${workers}`);
    out.table([headings, ...live.apps.slice(0, shownApps).map(row)]);
    const more = live.apps.length - shownApps;
    if (more > 0) out.text(`and ${more} more`);
    if (!out.terminal && !once) out.text("");
  },
  json: ({ at, workers, apps }: LiveTraffic) => ({
    at: new Date(at).toISOString(),
    workers,
    apps: apps.map(({ app, requestsPerSecond, bytesPerSecond, failuresPerSecond, errors, p50, p95, open }) => ({
      app,
      "requests-per-second": rounded(requestsPerSecond),
      "bytes-per-second": rounded(bytesPerSecond),
      "failures-per-second": rounded(failuresPerSecond),
      errors,
      "p50-ms": p50 === undefined ? null : rounded(p50),
      "p95-ms": p95 === undefined ? null : rounded(p95),
      open,
    })),
  }),
});

const headings = ["App", "Req/s", "p50", "p95", "Failed/s", "Open", "Out/s", "Errors"];

function row(traffic: AppTraffic): string[] {
  const { app, requestsPerSecond, bytesPerSecond, failuresPerSecond, errors, p50, p95, open } = traffic;
  return [
    app === "" ? "(no app)" : app,
    requestsPerSecond.toFixed(1),
    milliseconds(p50),
    milliseconds(p95),
    failuresPerSecond.toFixed(1),
    String(open),
    bytes(bytesPerSecond),
    Object.entries(errors)
      .map(([code, count]) => `${code}:${count}`)
      .join(" "),
  ];
}

async function* first<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const item of items) {
    yield item;
    return;
  }
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? "-" : `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

function bytes(value: number): string {
  if (value < 1_000) return `${value.toFixed(0)} B`;
  return value < 1_000_000 ? `${(value / 1_000).toFixed(1)} kB` : `${(value / 1_000_000).toFixed(1)} MB`;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
