import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Backoff } from "../../src/lib/backoff.ts";
import { prepareWork } from "../../src/reconciler/begin.ts";
import { reconcileApp } from "../../src/reconciler/reconcile.ts";
import { Reconciler } from "../../src/reconciler/reconciler.ts";
import { FakeScheduler } from "../helpers/fake-scheduler.ts";
import { createWorld, type World } from "../helpers/world.ts";

/** Waits for something that the reconciler does by itself; fails with what was last seen. */
async function eventually<T>(look: () => Promise<T> | T, wanted: T): Promise<void> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const seen = await look();
    try {
      assert.deepEqual(seen, wanted);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await delay(10);
  }
}

async function running(t: TestContext, world: World): Promise<void> {
  const reconciler = new Reconciler(world.context);
  await (await prepareWork(world.context, reconciler))();
  t.after(() => reconciler.stop());
}

test("at the start the running dynos of the current release serve, and nothing is restarted", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  await world.operations.scale({ app: "shop", quantities: { web: 2 }, deploy: true }, world.job());
  const before = (await world.scheduler.list("shop")).map((dyno) => dyno.id);
  for (const id of before) world.context.inService.change("x", { remove: [{ id }] });
  world.context.inService.forget(world.context.store.read((view) => view.apps.byName("shop")?.id ?? ""));
  world.publisher.table.clear();
  await running(t, world);
  assert.equal(world.publisher.replaced, 1);
  assert.deepEqual(world.publisher.targets("shop").sort(), before.sort());
  assert.deepEqual(world.scheduler.stopped, []);
});

test("dynos that are missing at the start are started", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  const [dyno] = await world.scheduler.list("shop");
  world.scheduler.vanish(dyno?.id ?? "");
  await running(t, world);
  await eventually(async () => (await world.scheduler.list("shop")).length, 1);
  const [fresh] = await world.scheduler.list("shop");
  await eventually(() => world.publisher.targets("shop"), [fresh?.id ?? ""]);
});

test("dynos of a release that did not come to be, and second ones of a name, are removed", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  const [dyno] = await world.scheduler.list("shop");
  const spec = world.scheduler.started.at(-1);
  assert.ok(spec !== undefined);
  await world.scheduler.start({ ...spec, release: 2 });
  await world.scheduler.start(spec);
  await running(t, world);
  await eventually(async () => (await world.scheduler.list("shop")).map((left) => left.id), [dyno?.id ?? ""]);
});

test("a dyno that somebody removes by hand is replaced", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  await running(t, world);
  const [dyno] = await world.scheduler.list("shop");
  world.scheduler.vanish(dyno?.id ?? "");
  await eventually(async () => (await world.scheduler.list("shop")).length, 1);
  const [fresh] = await world.scheduler.list("shop");
  await eventually(() => world.publisher.targets("shop"), [fresh?.id ?? ""]);
});

test("a dyno that died gets no requests while another one serves", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  await world.operations.scale({ app: "shop", quantities: { web: 2 }, deploy: true }, world.job());
  await running(t, world);
  const [first, second] = await world.scheduler.list("shop");
  world.scheduler.exit(first?.id ?? "", 1);
  await eventually(() => world.publisher.targets("shop"), [second?.id ?? ""]);
});

test("builds that an earlier daemon left running are marked abandoned", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  const app = world.context.store.read((view) => view.apps.byName("shop"));
  const left = {
    id: "left",
    appId: app?.id ?? "",
    commit: "2".repeat(40),
    status: "running" as const,
    builder: undefined,
    image: undefined,
    startedAt: 1,
    finishedAt: undefined,
  };
  world.context.store.write((changes) => changes.builds.insert(left));
  await running(t, world);
  assert.equal(
    world.context.store.read((view) => view.builds.byId("left")?.status),
    "abandoned",
  );
});

test("a repair that fails is not tried again at once, though what it removes is gone", async (t) => {
  const world = await createWorld(t, { settleMs: 20 });
  await world.deploy("shop");
  world.scheduler.script({ app: "shop" }, { exitCode: 1 });
  const [dyno] = await world.scheduler.list("shop");
  await running(t, world);
  world.scheduler.vanish(dyno?.id ?? "");
  await eventually(() => world.scheduler.started.length, 2);
  await delay(1_500);
  assert.equal(world.scheduler.started.length, 2);
});

test("a repair gives way to a user's change, which then has the app to itself", async (t) => {
  const world = await createWorld(t, { healthTimeoutMs: 60_000 });
  await world.deploy("shop");
  const [dyno] = await world.scheduler.list("shop");
  world.scheduler.script({ app: "shop", release: 1 }, { listens: false });
  world.scheduler.vanish(dyno?.id ?? "");
  await running(t, world);
  await eventually(() => world.scheduler.started.length, 2);
  assert.equal(await world.operations.busyWith({ app: "shop" }), undefined, "a push is not turned away");
  const { release } = await world.deploy("shop", "2".repeat(40));
  assert.deepEqual(
    (await world.scheduler.list("shop")).map((left) => left.release),
    [release.version],
  );
});

test("a stop does not wait for a repair that cannot come to an end", async (t) => {
  const world = await createWorld(t, { healthTimeoutMs: 60_000 });
  await world.deploy("shop");
  const [dyno] = await world.scheduler.list("shop");
  world.scheduler.script({ app: "shop" }, { listens: false });
  world.scheduler.vanish(dyno?.id ?? "");
  const reconciler = new Reconciler(world.context);
  await reconciler.start();
  await eventually(() => world.scheduler.started.length, 2);
  const begin = performance.now();
  await reconciler.stop();
  assert.ok(performance.now() - begin < 5_000);
  assert.deepEqual(await world.scheduler.list("shop"), [], "and leaves no dyno that was never healthy");
});

test("a worker that does not come up does not keep the web dyno down", async (t) => {
  const world = await createWorld(t, { settleMs: 20 });
  world.builder.processTypes = { web: "./web", worker: "./worker" };
  await world.operations.createApp({ name: "shop" });
  await world.operations.scale({ app: "shop", quantities: { worker: 1 }, deploy: true }, world.job());
  await world.deploy("shop");
  world.scheduler.script({ processType: "worker" }, { exitCode: 1 });
  for (const { id } of await world.scheduler.list("shop")) world.scheduler.vanish(id);
  await running(t, world);
  await eventually(() => world.scheduler.stopped.length, 1);
  const left = await world.scheduler.list("shop");
  assert.deepEqual(
    left.map((dyno) => dyno.processType),
    ["web"],
  );
  await eventually(
    () => world.publisher.targets("shop"),
    left.map((dyno) => dyno.id),
  );
});

test("a dyno that begins to serve while the reconciler looks stays in service", async (t) => {
  const world = await createWorld(t);
  const { release } = await world.deploy("shop");
  const listed = Promise.withResolvers<void>();
  const list = world.scheduler.list.bind(world.scheduler);
  world.scheduler.list = async (app) => {
    const seen = await list(app);
    await listed.promise;
    return seen;
  };
  const looking = reconcileApp(world.context, release.appId, new AbortController().signal);
  world.scheduler.list = list;
  await world.operations.restart({ app: "shop", processType: undefined }, world.job());
  listed.resolve();
  await looking;
  const [dyno] = world.publisher.targets("shop");
  await world.operations.addDomains({ app: "shop", domains: ["shop.example.com"] });
  assert.deepEqual(world.publisher.targets("shop"), [dyno]);
});

test("dynos whose app is not there are removed at the start, as those of an old name", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  const spec = world.scheduler.started.at(-1);
  assert.ok(spec !== undefined);
  await world.scheduler.start({ ...spec, app: "before" });
  await running(t, world);
  await eventually(async () => (await world.scheduler.list()).map((dyno) => dyno.app), ["shop"]);
});

test("images that no release has are removed at the start", async (t) => {
  const world = await createWorld(t);
  const { release } = await world.deploy("shop");
  world.images.references.add("berth-fake/shop:killed");
  await running(t, world);
  await eventually(() => [...world.images.references], [release.image]);
});

test("replaces dynos that somebody has stopped by hand, of all process types", async (t) => {
  const world = await createWorld(t, { settleMs: 20 });
  world.builder.processTypes = { web: "./web", worker: "./worker" };
  await world.deploy("shop");
  await world.operations.scale({ app: "shop", quantities: { worker: 1 }, deploy: true }, world.job());
  await running(t, world);
  const stopped = (await world.scheduler.list("shop")).map(({ id }) => id);
  for (const id of stopped) world.scheduler.end(id, 143);
  const states = async () => (await world.scheduler.list("shop")).map(({ state }) => state);
  await eventually(states, ["running", "running"]);
  const fresh = await world.scheduler.list("shop");
  assert.ok(fresh.every(({ id }) => !stopped.includes(id)));
  await eventually(
    () => world.publisher.targets("shop"),
    fresh.filter(({ port }) => port !== undefined).map(({ id }) => id),
  );
});

test("replaces a dyno that ends by itself after each start less and less often", () => {
  const clock = { now: Date.now() };
  const backoff = new Backoff({ firstMs: 1_000, longestMs: 60_000, now: () => clock.now });
  const waits = [];
  for (let count = 0; count < 9; count++) {
    const wait = backoff.next("shop");
    waits.push(wait);
    clock.now += wait + 500;
  }
  assert.deepEqual(waits, [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  assert.equal(backoff.next("blog"), 0);
  clock.now += 121_000;
  assert.equal(backoff.next("shop"), 0);
});

test("repairs apps side by side, but not all at once", async (t) => {
  const world = await createWorld(t, { settleMs: 20 });
  const names = Array.from({ length: 20 }, (_, index) => `app-${index}`);
  for (const name of names) await world.deploy(name);
  for (const { id } of await world.scheduler.list()) world.scheduler.vanish(id);
  const all = Promise.withResolvers<void>();
  let [open, most] = [0, 0];
  world.context.scheduler.start = async (spec) => {
    open += 1;
    most = Math.max(most, open);
    if (open > 1) all.resolve();
    await all.promise;
    open -= 1;
    return FakeScheduler.prototype.start.call(world.scheduler, spec);
  };
  await running(t, world);
  await eventually(async () => (await world.scheduler.list()).length, names.length);
  assert.ok(most > 1 && most <= 8, `${most} at once`);
});
