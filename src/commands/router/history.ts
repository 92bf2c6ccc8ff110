import { failuresOf, quantile, requestsOf, type TrafficPeriod } from "../../model/traffic.ts";
import { defineCommand } from "../command.ts";
import { appName, optional, wholeNumber } from "../input.ts";

const defaultStep = 3_600;

export const routerHistory = defineCommand({
  name: "router:history",
  effect: "reads",
  summary: "Show the requests of an app over time",
  input: { app: appName, step: optional(wholeNumber("number of seconds", 1, 86_400)) },
  positionals: ["app"],
  options: {
    step: {
      flags: "-s, --step <seconds>",
      summary: `Length of a period: 10 (of the last hour), 60 (of a day) or 3600 (of 90 days) seconds (${defaultStep})`,
    },
  },
  run: ({ app, step }, { operations }) => operations.trafficHistory({ app, step: step ?? defaultStep }),
  present: (periods, out, { app }) => {
    if (periods.length === 0) return out.warn(`No requests of ${app} are known`);
    out.heading(`${app} requests`);
    const rows = periods.map(({ at, traffic }) => [
      time(at),
      String(requestsOf(traffic)),
      String(failuresOf(traffic)),
      milliseconds(quantile(traffic.latency, 0.5)),
      milliseconds(quantile(traffic.latency, 0.95)),
    ]);
    out.table(out.quiet ? rows : [["From", "Requests", "Failed", "p50", "p95"], ...rows]);
  },
  json: (periods: TrafficPeriod[]) =>
    periods.map(({ at, traffic }) => ({
      at: time(at),
      requests: requestsOf(traffic),
      failures: failuresOf(traffic),
      statuses: Object.fromEntries(
        ["none", "1xx", "2xx", "3xx", "4xx", "5xx"].map((name, i) => [name, traffic.statuses[i] ?? 0]),
      ),
      errors: traffic.errors,
      bytes: traffic.bytes,
      "p50-ms": quantile(traffic.latency, 0.5) ?? null,
      "p95-ms": quantile(traffic.latency, 0.95) ?? null,
    })),
});

function time(at: number): string {
  return `${new Date(at * 1000).toISOString().slice(0, 19)}Z`;
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? "-" : `${value.toFixed(0)} ms`;
}
