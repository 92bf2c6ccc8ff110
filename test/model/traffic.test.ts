import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { latencyBoundsMs, noTraffic, quantile, sumOf, type Traffic, trafficSince } from "../../src/model/traffic.ts";

const some: Traffic = { statuses: [0, 0, 2], errors: { H12: 1 }, bytes: 5, durationMs: 9, latency: [1, 1] };

suite("traffic", () => {
  test("is added and subtracted, also where one knows more kinds than the other", () => {
    const more = sumOf(some, { ...noTraffic, statuses: [0, 0, 0, 0, 0, 3], errors: { H10: 2 }, latency: [0, 0, 4] });
    assert.deepEqual(more.statuses, [0, 0, 2, 0, 0, 3]);
    assert.deepEqual(more.errors, { H12: 1, H10: 2 });
    assert.deepEqual(more.latency, [1, 1, 4]);
    assert.deepEqual(trafficSince(more, some)?.latency, [0, 0, 4]);
    assert.equal(trafficSince(some, more), undefined);
  });

  test("has quantiles within a bucket of the truth", () => {
    assert.equal(quantile([], 0.5), undefined);
    const latency = latencyBoundsMs.map(() => 0);
    latency[latencyBoundsMs.indexOf(10)] = 100;
    assert.equal(quantile(latency, 0.5), 8.5);
    latency[latencyBoundsMs.indexOf(300)] = 4;
    assert.ok((quantile(latency, 0.95) ?? 0) <= 10);
    assert.ok((quantile(latency, 0.99) ?? 0) > 200);
    assert.equal(quantile([...latencyBoundsMs.map(() => 0), 1], 0.5), 30_000);
  });
});
