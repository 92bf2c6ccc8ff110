import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createMetricsServer } from "../../src/http/metrics-server.ts";
import { prometheusText } from "../../src/http/prometheus.ts";
import { noTraffic, type Traffic } from "../../src/model/traffic.ts";
import { silent } from "../router/helpers/worker.ts";

const traffic: Traffic = {
  statuses: [0, 0, 3, 0, 1, 1],
  errors: { H12: 1 },
  bytes: 1234,
  durationMs: 1500,
  latency: [2, 0, 1, ...new Array<number>(21).fill(0), 2],
};
const snapshot = { at: 0, totals: new Map([["shop", traffic]]), open: new Map([["shop", 2]]), workers: 2 };

suite("metrics for Prometheus", () => {
  test("have counters, a cumulative histogram in seconds, and gauges", () => {
    const text = prometheusText(snapshot);
    const lines = text.split("\n");
    for (const line of [
      "# TYPE berth_router_requests_total counter",
      'berth_router_requests_total{app="shop",status="2xx"} 3',
      'berth_router_requests_total{app="shop",status="3xx"} 0',
      'berth_router_errors_total{app="shop",code="H12"} 1',
      'berth_router_response_bytes_total{app="shop"} 1234',
      "# TYPE berth_router_request_duration_seconds histogram",
      'berth_router_request_duration_seconds_bucket{app="shop",le="0.001"} 2',
      'berth_router_request_duration_seconds_bucket{app="shop",le="0.002"} 2',
      'berth_router_request_duration_seconds_bucket{app="shop",le="0.003"} 3',
      'berth_router_request_duration_seconds_bucket{app="shop",le="30"} 3',
      'berth_router_request_duration_seconds_bucket{app="shop",le="+Inf"} 5',
      'berth_router_request_duration_seconds_sum{app="shop"} 1.5',
      'berth_router_request_duration_seconds_count{app="shop"} 5',
      'berth_router_open_requests{app="shop"} 2',
      "berth_router_workers 2",
    ]) {
      assert.ok(lines.includes(line), `${line} in\n${text}`);
    }
    const format = /^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+\})? [\d.]+)$/;
    for (const line of lines.slice(0, -1)) assert.match(line, format);
    assert.equal(lines.at(-1), "");
  });

  test("have labels that no name can break", () => {
    const text = prometheusText({ ...snapshot, totals: new Map([['a"b\\c\nd', noTraffic]]) });
    assert.match(text, /berth_router_open_requests\{app="a\\"b\\\\c\\nd"\} 0\n/);
  });

  test("are told at /metrics, on this machine only", async (t) => {
    const server = createMetricsServer({ port: 0, traffic: { snapshot: async () => snapshot }, logger: silent });
    const port = await server.start();
    t.after(() => server.stop());
    const answer = await fetch(`http://127.0.0.1:${port}/metrics?x=1`);
    assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(await answer.text(), prometheusText(snapshot));
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
    assert.equal((await fetch(`http://127.0.0.1:${port}/metrics`, { method: "POST" })).status, 405);
    await assert.rejects(fetch(`http://[::1]:${port}/metrics`));
  });
});
