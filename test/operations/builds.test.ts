import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Build } from "../../src/model/build.ts";
import { UserError } from "../../src/model/errors.ts";
import { fakeSource } from "../helpers/fake-builder.ts";
import { createWorld, type World } from "../helpers/world.ts";

const never = new AbortController().signal;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

async function failure(world: World): Promise<UserError> {
  const error = await world.deploy("shop").then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UserError, String(error));
  return error;
}

const set = (world: World, key: "builds.timeout-seconds" | "builds.memory" | "builds.cpus", value: string) =>
  world.operations.setProperty({ app: "shop", key, value });

test("builds of several apps wait for their turn, in order, and say so", async (t) => {
  const world = await createWorld(t);
  const first = Promise.withResolvers<void>();
  world.builder.until = first.promise;
  const deploys = [world.deploy("one")];
  await until(() => world.builder.requests.length === 1);
  deploys.push(world.deploy("two"));
  await until(() => world.told.includes("step Waiting for another build to end"));
  deploys.push(world.deploy("three"));
  await until(() => world.told.includes("step Waiting for 2 other builds to end"));
  assert.equal(world.builder.requests.length, 1);
  world.builder.until = undefined;
  first.resolve();
  await Promise.all(deploys);
  assert.deepEqual(
    world.builder.requests.map(({ app }) => app),
    ["one", "two", "three"],
  );
});

test("a deploy that waits can be cancelled by its caller and by another, and its turn passes to the next", async (t) => {
  const world = await createWorld(t);
  const first = Promise.withResolvers<void>();
  world.builder.until = first.promise;
  const building = world.deploy("one");
  await until(() => world.builder.requests.length === 1);
  const caller = new AbortController();
  const impatient = world.operations.deploy({ app: "two", source: fakeSource({}) }, world.job(caller.signal));
  const cancelled = world.deploy("three");
  const last = world.deploy("four");
  await until(() => world.told.includes("step Waiting for 3 other builds to end"));
  caller.abort(new Error("gone"));
  await assert.rejects(impatient, { code: "canceled" });
  await world.operations.cancelBuild({ app: "three", actor: "bob" });
  await assert.rejects(cancelled, { code: "canceled", message: "Canceled by bob" });
  world.builder.until = undefined;
  first.resolve();
  await Promise.all([building, last]);
  assert.deepEqual(
    world.builder.requests.map(({ app }) => app),
    ["one", "four"],
  );
  await assert.rejects(world.operations.cancelBuild({ app: "one", actor: "bob" }), { code: "nothing-to-cancel" });
});

test("a build that runs can be cancelled by another, and the release before it serves on", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  world.builder.until = new Promise(() => undefined);
  const deploy = world.deploy("shop");
  await until(() => world.builder.requests.length === 2);
  await world.operations.cancelBuild({ app: "shop", actor: "bob" });
  await assert.rejects(deploy, { code: "canceled" });
  const builds = await world.operations.builds({ app: "shop" });
  assert.deepEqual(
    builds.map(({ build }) => build.status),
    ["canceled", "succeeded"],
  );
  assert.equal((await world.scheduler.list("shop")).length, 1);
});

test("a build gets the app's limits, and the host's where it has none", async (t) => {
  const world = await createWorld(t, { buildCpus: 0.5 });
  await world.deploy("shop");
  assert.deepEqual(world.builder.requests[0]?.limits, { cpus: 0.5, memoryBytes: 2 ** 30 });
  await set(world, "builds.memory", "512m");
  await set(world, "builds.cpus", "0.25");
  await world.deploy("shop");
  assert.deepEqual(world.builder.requests[1]?.limits, { cpus: 0.25, memoryBytes: 512 * 2 ** 20 });
  await assert.rejects(set(world, "builds.memory", "much"), { code: "invalid-value" });
});

test("a build that takes too long is stopped and says how to give it more time", async (t) => {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  await set(world, "builds.timeout-seconds", "1");
  world.builder.until = new Promise(() => undefined);
  const { code, message, hint } = await failure(world);
  assert.deepEqual([code, message], ["build-timeout", "The build was stopped: it took longer than 1 second"]);
  assert.match(hint ?? "", /builds:set APP timeout-seconds/);
});

test("a disk that a build has filled is named, whatever the tool that met it made of it", async (t) => {
  const world = await createWorld(t);
  world.builder.lines = ["npm error code ENOSPC"];
  world.builder.fails = new UserError("build-failed", "Build failed with exit code 228");
  const { code, message } = await failure(world);
  assert.deepEqual([code, message], ["disk-full", "Build failed with exit code 228: no space was left on the disk"]);
});

test("no build is begun on a disk that is nearly full, unless room can be made", async (t) => {
  const world = await createWorld(t);
  world.disk.free = 100 * 2 ** 20;
  world.images.references.add("berth-fake/old:0");
  world.images.onRemove = () => {
    world.disk.free = 2 ** 40;
  };
  await world.deploy("shop");
  assert.ok(!world.images.references.has("berth-fake/old:0"));
  world.disk.free = 100 * 2 ** 20;
  const { code, message } = await failure(world);
  assert.deepEqual([code, message], ["disk-full", "Only 100 MB of disk space are free, and a build needs 1.0 GB"]);
  assert.equal(world.builder.requests.length, 1);
});

test("a build whose end finds the disk full ends all the same, and its end is stored once there is room", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const world = await createWorld(t);
  const { store } = world.context;
  const write = store.write.bind(store);
  let full = true;
  store.write = (work) =>
    write((changes) => {
      const update = (build: Build) => {
        if (full && build.status !== "running") throw new Error("database or disk is full");
        changes.builds.update(build);
      };
      return work({ ...changes, builds: { ...changes.builds, update } });
    });
  const { release } = await world.deploy("shop");
  assert.equal(release.version, 1);
  world.builder.fails = new UserError("build-failed", "Build failed with exit code 1");
  await assert.rejects(world.deploy("shop"), { code: "build-failed" });
  const statuses = async () => (await world.operations.builds({ app: "shop" })).map(({ build }) => build.status);
  assert.deepEqual(await statuses(), ["running", "running"]);
  full = false;
  t.mock.timers.tick(5_000);
  await world.context.background.idle();
  assert.deepEqual(await statuses(), ["failed", "succeeded"]);
});

test("a deploy that fails has the oldest builds forgotten like any other", async (t) => {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  await world.operations.setProperty({ app: "shop", key: "builds.retention", value: "2" });
  world.builder.fails = new UserError("build-failed", "Build failed with exit code 1");
  for (let run = 0; run < 4; run++) await failure(world);
  await world.context.background.idle();
  assert.equal((await world.operations.builds({ app: "shop" })).length, 2);
});

test("of releases, the last hundred and the current one are remembered", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  await world.context.background.idle();
  const { store } = world.context;
  const [first] = store.read((view) => view.releases.of(view.apps.byName("shop")?.id ?? ""));
  assert.ok(first);
  store.write((changes) => {
    for (let version = 2; version <= 120; version++) {
      changes.releases.insert({ ...first, id: `release-${version}`, version });
    }
  });
  await world.operations.cleanup({ app: "shop" });
  const versions = store.read((view) => view.releases.of(first.appId).map(({ version }) => version));
  assert.deepEqual([versions.length, versions[0], versions[1], versions.at(-1)], [101, 1, 21, 120]);
});

test("a cleanup gives up what is kept between builds for apps that were not built for a month", async (t) => {
  let now = Date.parse("2026-01-01");
  const world = await createWorld(t, {}, { now: () => now });
  await world.deploy("old");
  now += 31 * 24 * 3_600_000;
  await world.deploy("new");
  await world.operations.cleanup({ app: undefined });
  const id = world.context.store.read((view) => view.apps.byName("new")?.id);
  assert.deepEqual(world.images.spared, [[id]]);
});

test("the output of a build can be read while it runs, and afterwards", async (t) => {
  const world = await createWorld(t);
  const end = Promise.withResolvers<void>();
  world.builder.until = end.promise;
  world.builder.lines = ["first", "", "second"];
  const deploy = world.deploy("shop");
  await until(() => world.builder.requests.length === 1);
  const lines: string[] = [];
  for await (const line of await world.operations.buildOutput({ app: "shop", id: undefined, signal: never })) {
    lines.push(line);
    if (line === "second") end.resolve();
  }
  await deploy;
  const [newest] = await world.operations.builds({ app: "shop" });
  const again = await world.operations.buildOutput({ app: "shop", id: newest?.build.id, signal: never });
  assert.deepEqual(await Array.fromAsync(again), lines);
  assert.deepEqual(lines.slice(1, 4), ["first", "", "second"]);
  await assert.rejects(world.operations.buildOutput({ app: "shop", id: "nope", signal: never }), {
    code: "build-missing",
  });
});

test("cleaning up leaves what a release can go back to, and what a build is making", async (t) => {
  const world = await createWorld(t, { keepReleases: 2 });
  for (const commit of ["1", "2", "3"]) await world.deploy("shop", commit.repeat(40));
  await world.context.background.idle();
  const kept = [...world.images.references];
  const end = Promise.withResolvers<void>();
  world.builder.until = end.promise;
  const deploy = world.deploy("blog");
  await until(() => world.builder.requests.length === 4);
  const making = `berth-fake/blog:${world.builder.requests[3]?.buildId}`;
  for (const reference of [making, "berth-fake/gone:1"]) world.images.references.add(reference);
  const report = await world.operations.cleanup({ app: undefined });
  assert.deepEqual(report.images, ["berth-fake/gone:1"]);
  assert.deepEqual([...world.images.references], [...kept, making]);
  assert.equal(kept.length, 2);
  end.resolve();
  await deploy;
});

test("builds beyond the retention are forgotten, the newest stay", async (t) => {
  const world = await createWorld(t);
  for (const commit of ["1", "2", "3"]) await world.deploy("shop", commit.repeat(40));
  await world.operations.setProperty({ app: undefined, key: "builds.retention", value: "2" });
  assert.equal(await world.operations.pruneBuilds({ app: undefined }), 1);
  const builds = await world.operations.builds({ app: "shop" });
  assert.deepEqual(
    builds.map(({ build }) => build.commit[0]),
    ["3", "2"],
  );
});

test("cleaning up leaves every image of a release that has several, and of a build that makes some", async (t) => {
  const world = await createWorld(t, { keepReleases: 1 });
  world.builder.services = { api: "api" };
  await world.deploy("shop");
  await world.deploy("shop", "2".repeat(40));
  await world.context.background.idle();
  const kept = [...world.images.references];
  assert.equal(kept.length, 2);
  const end = Promise.withResolvers<void>();
  world.builder.until = end.promise;
  const deploy = world.deploy("blog");
  await until(() => world.builder.requests.length === 3);
  const id = world.builder.requests[2]?.buildId;
  const made = [`berth-fake/blog:${id}-web`, `berth-fake/blog:${id}-api`];
  for (const reference of [...made, "berth-fake/gone:1-api"]) world.images.references.add(reference);
  const report = await world.operations.cleanup({ app: undefined });
  assert.deepEqual(report.images, ["berth-fake/gone:1-api"]);
  assert.deepEqual([...world.images.references], [...kept, ...made]);
  end.resolve();
  await deploy;
});
