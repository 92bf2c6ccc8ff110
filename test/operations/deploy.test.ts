import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../src/model/errors.ts";
import { fakeSource } from "../helpers/fake-builder.ts";
import { createWorld } from "../helpers/world.ts";

const source = fakeSource({ Procfile: "web: ./web" }, "a".repeat(40));

test("a first deploy creates the app, a build, a release and one web dyno, and says where it answers", async (t) => {
  const world = await createWorld(t);
  const deployed = await world.deploy("shop", "a".repeat(40));
  assert.equal(deployed.release.version, 1);
  assert.deepEqual(deployed.urls, ["http://shop.berth.test"]);
  const { store } = world.context;
  const app = store.read((view) => view.apps.byName("shop"));
  assert.equal(app?.currentReleaseId, deployed.release.id);
  const [build] = store.read((view) => view.builds.of(app?.id ?? ""));
  assert.equal(build?.status, "succeeded");
  assert.equal(build?.image, deployed.release.image);
  assert.equal(build?.commit, "a".repeat(40));
  assert.match(
    store.read((view) => view.builds.log(build?.id ?? "")),
    /Fake app detected/,
  );
  const dynos = await world.scheduler.list("shop");
  assert.deepEqual(
    dynos.map((dyno) => [dyno.processType, dyno.number, dyno.release]),
    [["web", 1, 1]],
  );
  assert.deepEqual(world.publisher.targets("shop"), [dynos[0]?.id]);
});

test("a second deploy routes to the new dyno before the old one is drained and stopped", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  const [old] = await world.scheduler.list("shop");
  const drain = Promise.withResolvers<void>();
  world.publisher.drain = drain.promise;
  await world.deploy("shop");
  const both = await world.scheduler.list("shop");
  assert.equal(both.length, 2, "the old dyno stays while it has an open request");
  assert.deepEqual(
    world.publisher.targets("shop"),
    both.filter((dyno) => dyno.id !== old?.id).map((dyno) => dyno.id),
  );
  drain.resolve();
  await world.context.background.idle();
  assert.deepEqual(world.scheduler.stopped, [old?.id]);
});

test("a failed build leaves the previous release serving and its log is kept", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  const before = await world.scheduler.list("shop");
  world.builder.fails = new UserError("build-failed", "The build failed with exit code 7");
  await assert.rejects(world.deploy("shop"), { code: "build-failed" });
  assert.deepEqual(await world.scheduler.list("shop"), before);
  const { store } = world.context;
  const app = store.read((view) => view.apps.byName("shop"));
  const builds = store.read((view) => view.builds.of(app?.id ?? ""));
  assert.deepEqual(
    builds.map((build) => build.status),
    ["succeeded", "failed"],
  );
  assert.match(
    store.read((view) => view.builds.log(builds[1]?.id ?? "")),
    /exit code 7/,
  );
  assert.equal(store.read((view) => view.releases.of(app?.id ?? "")).length, 1);
});

test("a dyno that exits at boot fails the deploy with its last log lines, and everything new is removed", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  const before = await world.scheduler.list("shop");
  world.scheduler.script({ release: 2 }, { exitCode: 3, prints: ["no database"] });
  await assert.rejects(world.deploy("shop"), (error: UserError) => {
    assert.equal(error.code, "dyno-unhealthy");
    assert.match(error.message, /web\.1 exited with code 3/);
    assert.ok(error.details.some((line) => line.includes("no database")));
    return true;
  });
  assert.deepEqual(await world.scheduler.list("shop"), before);
  assert.deepEqual(world.publisher.targets("shop"), [before[0]?.id]);
  assert.equal(world.images.references.size, 1, "the image of the failed deploy is gone");
});

test("a dyno that listens on another port fails the deploy and the message names both ports", async (t) => {
  const world = await createWorld(t, { healthTimeoutMs: 300 });
  world.scheduler.script({}, { listens: 34_567 });
  await assert.rejects(world.deploy("shop"), /listening on 34567, PORT is 5000/);
  assert.deepEqual(await world.scheduler.list("shop"), []);
});

test("a worker that ends at once fails the deploy, though it has no port", async (t) => {
  const world = await createWorld(t);
  world.builder.processTypes = { worker: "./worker" };
  await world.operations.createApp({ name: "jobs" });
  await world.operations.scale({ app: "jobs", quantities: { worker: 1 }, deploy: true }, world.job());
  world.scheduler.script({ processType: "worker" }, { exitCode: 1, exitsAfterMs: 50 });
  await assert.rejects(world.deploy("jobs"), /worker\.1 exited with code 1/);
});

test("a second deploy of the same app is refused at once while the first runs", async (t) => {
  const world = await createWorld(t);
  const until = Promise.withResolvers<void>();
  world.builder.until = until.promise;
  await world.operations.createApp({ name: "shop" });
  const first = world.deploy("shop");
  while (world.builder.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(world.deploy("shop"), (error: UserError) => {
    assert.equal(error.code, "app-busy");
    assert.match(error.message, /deploy of 1111111 by alice/);
    return true;
  });
  assert.match((await world.operations.busyWith({ app: "shop" })) ?? "", /deploy of/);
  until.resolve();
  await first;
  assert.equal(await world.operations.busyWith({ app: "shop" }), undefined);
});

test("a deploy whose client goes away ends as canceled and frees the app", async (t) => {
  const world = await createWorld(t);
  const abort = new AbortController();
  world.builder.until = new Promise(() => undefined);
  const deploy = world.operations.deploy({ app: "shop", source }, world.job(abort.signal));
  abort.abort(new Error("the client hung up"));
  await assert.rejects(deploy, { code: "canceled" });
  const app = world.context.store.read((view) => view.apps.byName("shop"));
  const [build] = world.context.store.read((view) => view.builds.of(app?.id ?? ""));
  assert.equal(build?.status, "canceled");
  world.builder.until = undefined;
  await world.deploy("shop");
});

test("a client that goes away while dynos boot leaves no dyno behind", async (t) => {
  const world = await createWorld(t, { healthTimeoutMs: 10_000 });
  const abort = new AbortController();
  world.scheduler.script({}, { listens: false });
  const deploy = world.operations.deploy({ app: "shop", source }, world.job(abort.signal));
  while (world.scheduler.started.length === 0) await new Promise((resolve) => setImmediate(resolve));
  abort.abort(new Error("the client hung up"));
  await assert.rejects(deploy, { code: "canceled" });
  assert.deepEqual(await world.scheduler.list("shop"), []);
});

test("a build that takes too long is stopped and says so", async (t) => {
  const world = await createWorld(t, { buildTimeoutMs: 50 });
  world.builder.until = new Promise(() => undefined);
  await assert.rejects(world.deploy("shop"), { code: "build-timeout" });
});

test("images of releases too old to go back to are removed, the current one never", async (t) => {
  const world = await createWorld(t, { keepReleases: 2 });
  const images: string[] = [];
  for (let version = 1; version <= 4; version++) images.push((await world.deploy("shop")).release.image);
  await world.context.background.idle();
  assert.deepEqual([...world.images.references], images.slice(-2));
});

test("a deploy starts an app that was stopped", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  await world.operations.stop({ app: "shop" }, world.job());
  assert.deepEqual(await world.scheduler.list("shop"), []);
  await world.deploy("shop");
  assert.equal((await world.scheduler.list("shop")).length, 1);
});

test("a deploy that fails says why, also where its image cannot be removed", async (t) => {
  const world = await createWorld(t);
  world.scheduler.script({ app: "shop" }, { exitCode: 1 });
  world.images.remove = () => Promise.reject(new Error("in use"));
  await assert.rejects(world.deploy("shop"), { code: "dyno-unhealthy" });
});

test("a log that cannot be stored does not make a failure of a deploy", async (t) => {
  const world = await createWorld(t);
  const write = world.context.store.write.bind(world.context.store);
  world.context.store.write = (work) =>
    write((changes) => {
      const appendLog = () => {
        throw new Error("database or disk is full");
      };
      return work({ ...changes, builds: { ...changes.builds, appendLog } });
    });
  const { release } = await world.deploy("shop");
  assert.equal(release.version, 1);
});
