import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { suite, test } from "node:test";
import { reconcileApp } from "../../src/reconciler/reconcile.ts";
import { createWorld, type World } from "../helpers/world.ts";

const shop = { app: "shop" };

async function worldWithLater(t: Parameters<typeof createWorld>[0], processTypes = { web: "./web" }): Promise<World> {
  const world = await createWorld(t);
  world.builder.processTypes = processTypes;
  await world.deploy("shop");
  await world.operations.setConfig({ ...shop, vars: { OLD: "1", KEPT: "1" }, restart: true }, world.job());
  await world.operations.setConfig({ ...shop, vars: { LATER: "1" }, restart: false }, world.job());
  await world.operations.unsetConfig({ ...shop, keys: ["OLD"], restart: false }, world.job());
  return world;
}

const current = async (world: World) => (await world.operations.releases(shop)).current;
const lastConfig = (world: World) => world.scheduler.started.at(-1)?.config;
const reconcile = async (world: World) =>
  reconcileApp(world.context, (await current(world))?.appId ?? "", new AbortController().signal);
const renewed = { KEPT: "1", LATER: "1" };

suite("config vars stored without a restart", () => {
  test("reach the app with ps:restart, as a release of their own", async (t) => {
    const world = await worldWithLater(t);
    await world.operations.restart({ ...shop, processType: undefined }, world.job());
    assert.deepEqual(lastConfig(world), renewed);
    const release = await current(world);
    assert.deepEqual([release?.version, release?.config], [3, renewed]);
    assert.equal(release?.description, "Set config vars: LATER; unset: OLD");
    assert.ok(world.told.includes("step Releasing shop v3 with changed config vars: LATER, OLD"));
    await world.operations.restart({ ...shop, processType: undefined }, world.job());
    assert.equal((await current(world))?.version, 3, "nothing has changed since");
  });

  test("reach the app with ps:stop and ps:start", async (t) => {
    const world = await worldWithLater(t);
    await world.operations.stop(shop, world.job());
    await world.operations.start(shop, world.job());
    assert.deepEqual(lastConfig(world), renewed);
    const release = await current(world);
    assert.deepEqual([release?.version, release?.config], [3, renewed]);
    const running = await world.scheduler.list("shop");
    assert.deepEqual(
      running.map((dyno) => dyno.release),
      [3],
    );
    await reconcile(world);
    assert.deepEqual(await world.scheduler.list("shop"), running, "the reconciler has nothing to repair");
  });

  test("reach a one-off dyno at once", async (t) => {
    const world = await worldWithLater(t);
    world.scheduler.scriptRuns(async () => 0);
    const stream = new PassThrough();
    const { signal } = new AbortController();
    const io = { stdin: stream, stdout: stream, stderr: stream, terminal: undefined, signal };
    await world.operations.run({ ...shop, command: ["env"], env: {} }, io);
    assert.deepEqual(world.scheduler.runs.at(-1)?.config, renewed);
    assert.equal((await current(world))?.version, 2);
  });

  test("reach the app with the next config change, and with a push", async (t) => {
    const world = await worldWithLater(t);
    await world.operations.setConfig({ ...shop, vars: { NEW: "1" }, restart: true }, world.job());
    assert.deepEqual(lastConfig(world), { ...renewed, NEW: "1" });
    await world.operations.setConfig({ ...shop, vars: { LATEST: "1" }, restart: false }, world.job());
    await world.deploy("shop", "2".repeat(40));
    assert.deepEqual(lastConfig(world), { ...renewed, NEW: "1", LATEST: "1" });
  });

  test("restart every process type, also where one is named", async (t) => {
    const world = await worldWithLater(t, { web: "./web", worker: "./worker" } as { web: string });
    await world.operations.scale({ ...shop, quantities: { worker: 1 }, deploy: true }, world.job());
    await world.operations.restart({ ...shop, processType: "worker" }, world.job());
    await world.context.background.idle();
    const running = await world.scheduler.list("shop");
    assert.deepEqual(
      running.map(({ processType, release }) => [processType, release]),
      [
        ["web", 3],
        ["worker", 3],
      ],
    );
  });

  test("do not reach what ps:scale or a crash starts, and ps:scale says so", async (t) => {
    const world = await worldWithLater(t);
    await world.operations.scale({ ...shop, quantities: { web: 2 }, deploy: true }, world.job());
    assert.deepEqual(lastConfig(world), { OLD: "1", KEPT: "1" });
    assert.ok(world.told.includes("detail Config vars were changed without a restart: LATER, OLD"));
    for (const dyno of await world.scheduler.list("shop")) await world.scheduler.stop(dyno.id);
    await reconcile(world);
    assert.deepEqual(lastConfig(world), { OLD: "1", KEPT: "1" });
    assert.equal((await current(world))?.version, 2);
  });

  test("give way to a rollback, which names them", async (t) => {
    const world = await worldWithLater(t);
    await world.operations.rollback({ ...shop, version: 1 }, world.job());
    assert.deepEqual(await world.operations.config(shop), {});
    const told = "warn Config vars that were changed without a restart are as in v1 again: LATER, OLD";
    assert.ok(world.told.includes(told));
  });

  test("that the app does not start with leave it serving as before", async (t) => {
    const world = await worldWithLater(t);
    world.scheduler.script({ release: 3 }, { exitCode: 1 });
    const restart = world.operations.restart({ ...shop, processType: undefined }, world.job());
    await assert.rejects(restart, { code: "dyno-unhealthy" });
    assert.equal((await current(world))?.version, 2);
    assert.deepEqual(await world.operations.config(shop), renewed, "they are stored as before");
  });

  test("run the release phase with them before any dyno has them", async (t) => {
    const world = await createWorld(t);
    const ran: object[] = [];
    world.scheduler.scriptRuns(async ({ config, release }) => {
      ran.push({ config, release });
      return 0;
    });
    world.builder.processTypes = { web: "./web", release: "migrate" };
    await world.deploy("shop");
    await world.operations.setConfig({ ...shop, vars: { A: "1" }, restart: false }, world.job());
    await world.operations.restart({ ...shop, processType: undefined }, world.job());
    assert.deepEqual(ran, [
      { config: {}, release: 1 },
      { config: { A: "1" }, release: 2 },
    ]);
  });
});
