import assert from "node:assert/strict";
import { test } from "node:test";
import { noTraffic, requestsOf, type Traffic } from "../../src/model/traffic.ts";
import { recordTraffic } from "../../src/operations/record-traffic.ts";
import { createWorld } from "../helpers/world.ts";

const ten: Traffic = { statuses: [0, 0, 9, 0, 0, 1], errors: { H13: 1 }, bytes: 100, durationMs: 40, latency: [10] };

test("live traffic is what came since the look before, busiest app first", async (t) => {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  world.count("shop", ten);
  world.count("blog", ten);
  const signal = new AbortController().signal;
  const input = { intervalMs: 50, signal };
  const looks: string[][] = [];
  for await (const { apps } of await world.operations.liveTraffic({ ...input, app: undefined })) {
    looks.push(
      apps.map(({ app, requestsPerSecond, failuresPerSecond }) => `${app} ${requestsPerSecond} ${failuresPerSecond}`),
    );
    if (looks.length === 2) break;
    world.count("blog", ten);
  }
  // One second passes with each count.
  assert.deepEqual(looks, [[], ["blog 10 1"]]);
  for await (const { apps } of await world.operations.liveTraffic({ ...input, app: "shop" })) {
    assert.deepEqual(apps, [
      {
        app: "shop",
        requestsPerSecond: 0,
        bytesPerSecond: 0,
        failuresPerSecond: 0,
        errors: {},
        p50: undefined,
        p95: undefined,
        open: 0,
      },
    ]);
    break;
  }
  await assert.rejects(world.operations.liveTraffic({ ...input, app: "none" }), { code: "app-missing" });
});

test("the history has what came between two samples, in each step, and is forgotten when it is old", async (t) => {
  const world = await createWorld(t);
  const { store } = world.context;
  await world.operations.createApp({ name: "shop" });
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const sample = (at: number, ...all: Traffic[]) => {
    const totals = new Map([
      ["shop", all[0] ?? noTraffic],
      ["foreign", ten],
    ]);
    return { at, totals, open: new Map(), workers: 1 };
  };
  const twenty: Traffic = { ...ten, statuses: [0, 0, 20], errors: {} };
  const start = sample(hour);
  recordTraffic(store, sample(hour + 10_000, { ...ten, errors: {} }), start);
  recordTraffic(
    store,
    sample(hour + 20_000, { ...twenty, statuses: [0, 0, 18, 0, 0, 2] }),
    sample(hour, { ...ten, errors: {} }),
  );
  const of = async (step: number) =>
    (await world.operations.trafficHistory({ app: "shop", step })).map(({ at, traffic }) => [
      at - hour / 1000,
      requestsOf(traffic),
    ]);
  assert.deepEqual(await of(10), [
    [10, 10],
    [20, 10],
  ]);
  assert.deepEqual(await of(60), [[0, 20]]);
  assert.deepEqual(await of(3600), [[0, 20]]);
  // A daemon that was away for half an hour.
  recordTraffic(store, sample(hour + 1_820_000, twenty), sample(hour + 20_000));
  assert.equal((await of(60)).length, 1);
  assert.deepEqual(await of(3600), [[0, 40]]);
  recordTraffic(store, sample(hour + 7_200_000), sample(hour + 7_190_000));
  assert.deepEqual(await of(10), []);
  assert.deepEqual(await of(3600), [[0, 40]]);
  await assert.rejects(of(7), { code: "invalid-argument" });
});
