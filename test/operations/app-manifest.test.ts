import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import type { RunIo, RunSpec } from "../../src/schedulers/scheduler.ts";
import { fakeSource } from "../helpers/fake-builder.ts";
import { createWorld, type World } from "../helpers/world.ts";

interface Ran {
  readonly command: string;
  readonly release: number;
  readonly config: Readonly<Record<string, string>>;
  readonly saveAs: string | undefined;
  /** Releases of the dynos that ran meanwhile. */
  readonly beside: readonly number[];
}

/** A world in which one-off processes are noted, and end with the code that `codes` has for their command. */
async function worldWithRuns(t: TestContext) {
  const world = await createWorld(t);
  const ran: Ran[] = [];
  const codes = new Map<string, number>();
  world.scheduler.scriptRuns(async (spec: RunSpec, io: RunIo) => {
    const command = spec.command.at(-1) ?? "";
    const beside = (await world.scheduler.list(spec.app)).map((dyno) => dyno.release);
    ran.push({ command, release: spec.release, config: spec.config, saveAs: spec.saveAs, beside });
    io.stdout.write(`output of ${command}\nand no line end`);
    return codes.get(command) ?? 0;
  });
  return { world, ran, codes };
}

function deploy(world: World, manifest: object | undefined, commit = "1") {
  const files: Record<string, string> = manifest === undefined ? {} : { "app.json": JSON.stringify(manifest) };
  return world.operations.deploy({ app: "shop", source: fakeSource(files, commit.repeat(40)) }, world.job());
}

const config = (world: World) => world.operations.config({ app: "shop" });

test("the release phase runs with the new release before any of its dynos, and its output is shown", async (t) => {
  const { world, ran } = await worldWithRuns(t);
  world.builder.processTypes = { web: "./web", release: "migrate" };
  await deploy(world, undefined);
  await world.operations.setConfig({ app: "shop", vars: { KEY: "new" }, restart: true }, world.job());
  assert.deepEqual(ran, [
    { command: "migrate", release: 1, config: {}, saveAs: undefined, beside: [] },
    { command: "migrate", release: 2, config: { KEY: "new" }, saveAs: undefined, beside: [1] },
  ]);
  assert.ok(world.told.includes("detail output of migrate"));
  assert.ok(world.told.includes("detail and no line end"));
});

test("a release phase that fails fails the deploy, the config change and the rollback, and what served serves on", async (t) => {
  const { world, codes } = await worldWithRuns(t);
  world.builder.processTypes = { web: "./web", release: "migrate" };
  await deploy(world, undefined);
  await deploy(world, undefined, "2");
  const before = await world.scheduler.list("shop");
  codes.set("migrate", 3);
  const failure = { code: "task-failed", message: "The release phase failed with exit code 3: migrate" };
  await assert.rejects(deploy(world, undefined, "3"), failure);
  const change = { app: "shop", vars: { KEY: "new" }, restart: true };
  await assert.rejects(world.operations.setConfig(change, world.job()), failure);
  await assert.rejects(world.operations.rollback({ app: "shop", version: 1 }, world.job()), failure);
  assert.deepEqual(await config(world), {});
  assert.equal((await world.operations.releases({ app: "shop" })).current?.version, 2);
  await world.context.background.idle();
  assert.deepEqual(
    await world.scheduler.list("shop"),
    before.filter((dyno) => dyno.release === 2),
  );
  assert.equal(world.images.references.size, 2, "the image of the failed deploy is removed");
});

test("a release phase that takes longer than the app's builds may is stopped, and says how to give it more", async (t) => {
  const world = await createWorld(t);
  world.scheduler.scriptRuns(async (_, io) => {
    await once(io.signal, "abort");
    throw io.signal.reason;
  });
  world.builder.processTypes = { web: "./web", release: "migrate" };
  await world.operations.createApp({ name: "shop" });
  await world.operations.setProperty({ app: "shop", key: "builds.timeout-seconds", value: "1" });
  await assert.rejects(deploy(world, undefined), {
    code: "task-timeout",
    message: "The release phase was stopped: it took longer than 1 second",
    hint: /builds:set APP timeout-seconds/,
  });
});

test("a restart and scaling run no release phase", async (t) => {
  const { world, ran } = await worldWithRuns(t);
  world.builder.processTypes = { web: "./web", release: "migrate" };
  await deploy(world, undefined);
  await world.operations.restart({ app: "shop", processType: undefined }, world.job());
  await world.operations.scale({ app: "shop", quantities: { web: 2 }, deploy: true }, world.job());
  assert.equal(ran.length, 1);
});

test("the scripts of app.json run in their order: predeploy keeps its files, postdeploy of the first deploy runs once", async (t) => {
  const { world, ran } = await worldWithRuns(t);
  world.builder.processTypes = { web: "./web", release: "migrate" };
  const scripts = { postdeploy: "seed", dokku: { predeploy: "assets", postdeploy: "notify" } };
  const { release } = await deploy(world, { scripts });
  assert.deepEqual(
    ran.map(({ command, saveAs, beside }) => [command, saveAs, beside]),
    [
      ["assets", release.image, []],
      ["migrate", undefined, []],
      ["seed", undefined, []],
      ["notify", undefined, [1]],
    ],
  );
  ran.length = 0;
  await deploy(world, { scripts }, "2");
  assert.deepEqual(
    ran.map(({ command }) => command),
    ["assets", "migrate", "notify"],
  );
});

test("a script of the first deploy that failed runs again, and a postdeploy task that fails is told only", async (t) => {
  const { world, ran, codes } = await worldWithRuns(t);
  const scripts = { postdeploy: "seed", dokku: { postdeploy: "notify" } };
  codes.set("seed", 1).set("notify", 9);
  await assert.rejects(deploy(world, { scripts }), { code: "task-failed" });
  codes.delete("seed");
  const { release } = await deploy(world, { scripts });
  assert.equal(release.version, 1);
  assert.deepEqual(
    ran.map(({ command }) => command),
    ["seed", "seed", "notify"],
  );
  assert.ok(world.told.includes("warn The postdeploy task failed with exit code 9: notify"));
});

test("config vars of app.json are there for the build, and a generated secret stays the same", async (t) => {
  const { world } = await worldWithRuns(t);
  const env = { PLAIN: "one", SECRET: { generator: "secret" } };
  world.builder.fails = new Error("no luck");
  await assert.rejects(deploy(world, { env }));
  const { SECRET } = await config(world);
  world.builder.fails = undefined;
  const { release } = await deploy(world, { env });
  assert.deepEqual(release.config, { PLAIN: "one", SECRET });
  assert.deepEqual(world.builder.requests.at(-1)?.config, { PLAIN: "one", SECRET });
});

test("a required config var that is missing stops the deploy before its build", async (t) => {
  const { world } = await worldWithRuns(t);
  await assert.rejects(deploy(world, { env: { API_KEY: {} } }), { code: "config-var-required" });
  assert.equal(world.builder.requests.length, 0);
});

test("the formation of app.json holds at each deploy, and its types cannot be scaled by hand", async (t) => {
  const { world } = await worldWithRuns(t);
  world.builder.processTypes = { web: "./web", worker: "./worker", clock: "./clock" };
  const names = async () => {
    await world.context.background.idle();
    return (await world.scheduler.list("shop")).map((dyno) => `${dyno.processType}.${dyno.number}`).sort();
  };
  await deploy(world, { formation: { web: { quantity: 2 }, worker: { quantity: 1 } } });
  assert.deepEqual(await names(), ["web.1", "web.2", "worker.1"]);
  const scale = (quantities: Record<string, number>) =>
    world.operations.scale({ app: "shop", quantities, deploy: true }, world.job());
  await assert.rejects(scale({ worker: 3, clock: 1 }), { code: "formation-in-manifest" });
  assert.equal((await world.operations.processReport({ app: "shop" })).canScale, false);
  await scale({ clock: 1 });
  await deploy(world, { formation: { worker: { quantity: 0 } } });
  assert.deepEqual(await names(), ["clock.1", "web.1", "web.2"]);
  await scale({ web: 1 });
  assert.deepEqual(await names(), ["clock.1", "web.1"]);
});

test("a formation for a type that the app does not have fails the deploy", async (t) => {
  const { world } = await worldWithRuns(t);
  await assert.rejects(deploy(world, { formation: { wroker: { quantity: 1 } } }), { code: "unknown-process-type" });
  assert.equal(world.images.references.size, 0);
});

test("app.json may be elsewhere", async (t) => {
  const { world } = await worldWithRuns(t);
  await world.operations.createApp({ name: "shop" });
  const key = "app-json.appjson-path";
  await assert.rejects(world.operations.setProperty({ app: "shop", key, value: "../app.json" }), {
    code: "invalid-value",
  });
  await world.operations.setProperty({ app: "shop", key, value: "deploy/app.json" });
  const source = fakeSource({ "deploy/app.json": '{ "env": { "A": "b" } }', "app.json": "not read" });
  const { release } = await world.operations.deploy({ app: "shop", source }, world.job());
  assert.deepEqual(release.config, { A: "b" });
});
