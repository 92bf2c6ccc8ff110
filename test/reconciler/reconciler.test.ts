import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Reconciler } from "../../src/reconciler/reconciler.ts";
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
  await reconciler.start();
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
