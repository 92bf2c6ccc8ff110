import { latencyBoundsMs, type Traffic } from "../model/traffic.ts";
import type { TrafficSnapshot } from "../routing/traffic-source.ts";

export const prometheusType = "text/plain; version=0.0.4; charset=utf-8";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number, suffix?: string];

/** The text format of Prometheus, version 0.0.4. */
export function prometheusText({ totals, open, workers }: TrafficSnapshot): string {
  const apps = [...totals].sort(([a], [b]) => (a < b ? -1 : 1));
  const ofEach = (samples: (app: string, traffic: Traffic) => Sample[]) =>
    apps.flatMap(([app, traffic]) => samples(app, traffic));
  return [
    metric("berth_router_workers", "gauge", "Router workers that listen.", [[{}, workers]]),
    metric(
      "berth_router_requests_total",
      "counter",
      "Requests by app (empty: a host that no app answers to) and class of the status (none: never answered).",
      ofEach(requests),
    ),
    metric(
      "berth_router_errors_total",
      "counter",
      "Requests that the router ended, by Heroku's code.",
      ofEach((app, { errors }) => Object.entries(errors).map(([code, count]) => [{ app, code }, count])),
    ),
    metric(
      "berth_router_response_bytes_total",
      "counter",
      "Bytes of the bodies of answers.",
      ofEach((app, { bytes }) => [[{ app }, bytes]]),
    ),
    metric(
      "berth_router_request_duration_seconds",
      "histogram",
      "From the arrival of a request to the last byte of its answer, without WebSockets.",
      ofEach(durations),
    ),
    metric(
      "berth_router_open_requests",
      "gauge",
      "Requests and WebSockets that are open on dynos.",
      apps.map(([app]) => [{ app }, open.get(app) ?? 0]),
    ),
  ].join("");
}

const classes = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

function requests(app: string, { statuses }: Traffic): Sample[] {
  // Those that are 0 too, but for the rare ones: a counter that appears at 1 has no rate.
  return classes.flatMap((status, index): Sample[] => {
    const count = statuses[index] ?? 0;
    return count === 0 && index < 2 ? [] : [[{ app, status }, count]];
  });
}

function durations(app: string, { latency, durationMs }: Traffic): Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  for (const [index, bound] of latencyBoundsMs.entries()) {
    count += latency[index] ?? 0;
    samples.push([{ app, le: String(bound / 1000) }, count, "_bucket"]);
  }
  count += latency[latencyBoundsMs.length] ?? 0;
  samples.push([{ app, le: "+Inf" }, count, "_bucket"]);
  samples.push([{ app }, durationMs / 1000, "_sum"], [{ app }, count, "_count"]);
  return samples;
}

function metric(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value, suffix = ""]) => `${name}${suffix}${braces(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function braces(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
