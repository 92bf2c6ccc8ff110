import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Release } from "../../src/model/release.ts";
import type { Stamp } from "../../src/model/stamp.ts";
import { highest, isProven, parseStamp } from "../../src/model/stamp.ts";
import type { Thing, ThingKind } from "../../src/operations/inventory.ts";
import { type Known, sortOut } from "../../src/operations/leftovers.ts";
import { conflicts, type Finds, planAdoption } from "../../src/operations/plan-adoption.ts";
import { prepareWork, routesToWhatRuns } from "../../src/reconciler/begin.ts";
import { createWorld } from "../helpers/world.ts";

const own: Stamp = { store: "a".repeat(32), generation: 10 };
const known: Known = {
  appNames: new Set(["shop"]),
  appIds: new Set(["shop-id"]),
  dynos: new Set(["shop 2 web.1"]),
  images: new Set(["berth-i/shop:b2"]),
  pages: new Set(["page-1"]),
  lineage: [own],
};

/** One of each kind that the store knows. */
const inUse: Thing[] = [
  { kind: "dyno", id: "1", app: "shop", appId: "shop-id", release: 2, dyno: "web.1" },
  { kind: "image", id: "berth-i/shop:b2", app: "shop" },
  { kind: "base", id: "berth-i/base:shop-id", appId: "shop-id" },
  { kind: "cache", id: "cache", appId: "shop-id" },
  { kind: "data", id: "data", appId: "shop-id" },
  { kind: "app-network", id: "net", appId: "shop-id" },
  { kind: "repository", id: "/r/shop.git", app: "shop" },
  { kind: "access-log", id: "/l/shop.log", app: "shop" },
  { kind: "page", id: "page-1" },
];
/** The same of an app that it does not know. */
const unknown = inUse.map((thing) => ({
  ...thing,
  id: `${thing.id}-x`,
  ...(thing.app === undefined ? {} : { app: "ghost" }),
  ...(thing.appId === undefined ? {} : { appId: "ghost-id" }),
}));
const momentary = (["container", "untagged", "probe", "unfinished", "scratch"] as const).map((kind) => ({
  kind,
  id: kind,
}));

const at = (things: readonly Thing[], stamp: Stamp | undefined) => things.map((thing) => ({ ...thing, stamp }));
const kinds = (things: readonly Thing[]): ThingKind[] => things.map(({ kind }) => kind);

suite("what exists beside the store", () => {
  test("leaves alone what the store knows, whatever its stamp", () => {
    for (const stamp of [undefined, own, { ...own, generation: 99 }, { store: "b".repeat(32), generation: 1 }]) {
      assert.deepEqual(sortOut(at(inUse, stamp), known, undefined), { leftovers: [], unexplained: [] });
    }
  });

  test("takes for leftovers what the store has had time to know", () => {
    const things = [...at(unknown, own), ...momentary];
    const { leftovers, unexplained } = sortOut(things, known, own);
    assert.deepEqual(kinds(leftovers), kinds(things));
    assert.deepEqual(unexplained, []);
  });

  for (const [name, stamp] of [
    ["a later state of the store", { ...own, generation: 11 }],
    ["another store", { store: "b".repeat(32), generation: 1 }],
    ["a Berth without stamps", undefined],
  ] as const) {
    test(`does not explain what ${name} has made`, () => {
      const { leftovers, unexplained } = sortOut(at(unknown, stamp), known, own);
      assert.deepEqual(kinds(leftovers), ["access-log", "page"]);
      assert.equal(unexplained.length, unknown.length - 2);
    });
  }

  test("explains nothing by a store that is older than the note beside it", () => {
    for (const note of [
      { ...own, generation: 11 },
      { store: "b".repeat(32), generation: 1 },
    ]) {
      const { leftovers, unexplained } = sortOut([...at(unknown, own), ...momentary], known, note);
      assert.deepEqual(kinds(unexplained), kinds(unknown));
      assert.deepEqual(kinds(leftovers), kinds(momentary));
    }
  });

  test("does not take dynos for known that the store wants otherwise", () => {
    const [dyno] = inUse as [Thing];
    const others = [
      { ...dyno, release: 3 },
      { ...dyno, dyno: "web.2" },
      { ...dyno, appId: "other" },
    ];
    const stamp = { ...own, generation: 11 };
    assert.equal(sortOut(at(others, stamp), known, own).unexplained.length, others.length);
    assert.equal(sortOut(at(others, own), known, own).leftovers.length, others.length);
  });

  test("reads stamps, and none out of anything else", () => {
    assert.deepEqual(parseStamp(`${own.store} 10   \n`), own);
    for (const text of ["", "x", own.store, `${own.store} x`, ` ${own.store} 1`, `${own.store} 1 2`]) {
      assert.equal(parseStamp(text), undefined);
    }
    assert.ok(isProven(own, [own]) && !isProven(own, []));
    assert.deepEqual(highest([own, { ...own, generation: 3 }]), [own]);
  });
});

const release = (fields: Partial<Release>): Release => ({
  id: "r",
  appId: "",
  version: 3,
  image: "berth-i/shop:b3",
  config: { A: "1" },
  processTypes: { web: "./web" },
  commit: undefined,
  buildId: "b3",
  description: "Deploy",
  createdBy: "ann",
  createdAt: 5,
  ...fields,
});

function plan(things: readonly Thing[], releases: Record<string, Release>, fields: Partial<Finds> = {}) {
  let ids = 0;
  const newId = () => `new-${++ids}`;
  return planAdoption({ things, releases: new Map(Object.entries(releases)), known: [], newId, now: 9, ...fields });
}

suite("adopting", () => {
  const dyno = (id: string, name: string, more: Partial<Thing> = {}): Thing => ({
    kind: "dyno",
    id,
    app: "shop",
    release: 3,
    dyno: name,
    ...more,
  });

  test("takes up the release, quantities and id that the dynos tell", () => {
    const told = release({ appId: "shop-id" });
    const things = [dyno("1", "web.1", { appId: "shop-id" }), dyno("2", "web.2", { appId: "shop-id" })];
    const [adoption] = plan(things, { 1: told, 2: told });
    assert.deepEqual(adoption?.app, { id: "shop-id", name: "shop" });
    assert.deepEqual(adoption?.releases, [told]);
    assert.deepEqual([adoption?.current, adoption?.formation, adoption?.isNew], [3, { web: 2 }, true]);
  });

  test("puts together the process types of containers that tell only their own", () => {
    const releases = { 1: release({ id: "" }), 2: release({ id: "", processTypes: { worker: "./worker" } }) };
    const [adoption] = plan([dyno("1", "web.1"), dyno("2", "worker.1")], releases);
    assert.deepEqual(adoption?.releases[0]?.processTypes, { web: "./web", worker: "./worker" });
    assert.deepEqual(adoption?.formation, { web: 1, worker: 1 });
  });

  test("makes releases to go back to of images, the newest with the highest free version", () => {
    const images = ["b1", "b2", "b3"].map((build): Thing => {
      return { kind: "image", id: `berth-i/shop:${build}`, app: "shop", builder: "buildpack" };
    });
    const [adoption] = plan([dyno("1", "web.1"), ...images], { 1: release({}) });
    assert.deepEqual(
      adoption?.releases.map(({ version, buildId }) => [version, buildId]),
      [
        [1, "b1"],
        [2, "b2"],
        [3, "b3"],
      ],
    );
    const [idle] = plan(images, {});
    assert.deepEqual([idle?.current, idle?.releases.length], [undefined, 3]);
  });

  test("knows the images of one build for one release", () => {
    const images = ["b1-web", "b1-worker"].map(
      (tag): Thing => ({ kind: "image", id: `berth-i/shop:${tag}`, app: "shop" }),
    );
    const [adoption] = plan(images, {});
    assert.equal(adoption?.releases.length, 1);
    assert.deepEqual(Object.keys(adoption?.releases[0]?.runtime?.services ?? {}), ["web", "worker"]);
  });

  test("gives an app one id whatever of it is found, under the name of today", () => {
    const things: Thing[] = [
      { kind: "repository", id: "/r/shop.git", app: "shop" },
      { kind: "data", id: "data", app: "old-name", appId: "shop-id" },
      dyno("1", "web.1", { appId: "shop-id" }),
      { kind: "repository", id: "/r/blog.git", app: "blog" },
    ];
    const adoptions = plan(things, { 1: release({ appId: "shop-id" }) });
    assert.deepEqual(adoptions.map(({ app }) => app.name).sort(), ["blog", "shop"]);
  });

  test("takes the name of today for an app that the store knows from before a rename", () => {
    const app = { id: "shop-id", name: "old-name", createdAt: 1, currentReleaseId: undefined, stopped: false };
    const finds = { known: [{ app, releases: [release({ appId: "shop-id", version: 2 })] }] };
    const things: Thing[] = [
      { kind: "repository", id: "/r/shop.git", app: "shop" },
      dyno("1", "web.1", { appId: "shop-id" }),
    ];
    const adoptions = plan(things, { 1: release({ appId: "shop-id" }) }, finds);
    assert.deepEqual(
      adoptions.map((adoption) => [adoption.app.name, adoption.isNew]),
      [["shop", false]],
    );
    assert.deepEqual(conflicts(adoptions, finds.known), []);
  });

  test("does not mix two apps of one name", () => {
    const app = { id: "other", name: "shop", createdAt: 1, currentReleaseId: undefined, stopped: false };
    const finds = { known: [{ app, releases: [] }] };
    const adoptions = plan([dyno("1", "web.1", { appId: "shop-id" })], { 1: release({ appId: "shop-id" }) }, finds);
    assert.deepEqual(conflicts(adoptions, finds.known), ["shop"]);
  });

  test("leads the last table to what runs, and apps that it lacks by their own names", () => {
    const running = { processType: "web", number: 1, release: 2, state: "running", port: 5000 } as const;
    const rest = { exitCode: undefined, restarts: 0, image: "i", createdAt: 1 };
    const dynos = [
      { ...running, ...rest, app: "shop", id: "1", address: "10.0.0.1" },
      { ...running, ...rest, app: "shop", id: "2", address: "10.0.0.2", release: 1 },
      { ...running, ...rest, app: "blog", id: "3", address: "10.0.0.3" },
    ];
    const old = { app: "shop", hosts: ["shop.example.com"], targets: [], release: 1 };
    const table = routesToWhatRuns([old, { ...old, app: "idle" }], dynos, ["berth.test"]);
    const of = (name: string) => table.find(({ app }) => app === name);
    assert.deepEqual([of("shop")?.hosts, of("shop")?.targets.map(({ id }) => id)], [["shop.example.com"], ["1"]]);
    assert.deepEqual([of("blog")?.hosts, of("blog")?.release], [["blog.berth.test"], 2]);
    assert.deepEqual(of("idle")?.hosts, ["shop.example.com"]);
  });
});

suite("safe mode", () => {
  const later: Stamp = { store: "c".repeat(32), generation: 1 };

  test("begins no work, refuses changes by name and answers questions, until it is left", async (t) => {
    const world = await createWorld(t);
    const { operations, context } = world;
    await world.deploy("shop");
    world.inventory.things.push({ kind: "image", id: "berth-i/ghost:b1", app: "ghost", stamp: later });
    let begun = 0;
    await (await prepareWork(context, { start: async () => void begun++ }))();
    assert.deepEqual([begun, context.safeMode.isOn], [0, true]);
    const refused = { code: "safe-mode" };
    await assert.rejects(world.deploy("shop"), refused);
    await assert.rejects(operations.destroyApp({ app: "shop" }), refused);
    await assert.rejects(operations.cleanup({ app: undefined }), refused);
    await assert.rejects(operations.scale({ app: "shop", quantities: { web: 2 }, deploy: true }, world.job()), refused);
    await assert.rejects(operations.requireNormal(), refused);
    assert.deepEqual(
      (await operations.listApps()).map(({ name }) => name),
      ["shop"],
    );
    await operations.processReport({ app: "shop" });
    await operations.recoverForget();
    await context.background.idle();
    assert.deepEqual([begun, context.safeMode.isOn, world.inventory.things], [1, false, []]);
    await world.deploy("shop");
    await assert.rejects(operations.recoverAdopt(), { code: "no-safe-mode" });
  });

  test("adopts what runs with its config, and knows all of it from then on", async (t) => {
    const world = await createWorld(t);
    const { operations, context, inventory } = world;
    const stamp = later;
    inventory.things.push({ kind: "dyno", id: "1", app: "ghost", appId: "ghost-id", release: 3, dyno: "web.1", stamp });
    inventory.things.push({ kind: "image", id: "berth-i/ghost:b3", app: "ghost", stamp });
    inventory.things.push({ kind: "data", id: "data", app: "ghost", appId: "ghost-id", stamp });
    inventory.releases.set("1", release({ appId: "ghost-id", image: "berth-i/ghost:b3" }));
    await context.lastRoutes.write([
      { app: "ghost", hosts: ["ghost.example.com"], targets: [], release: 3, pages: { H10: "p" } },
    ]);
    await (await prepareWork(context, { start: async () => undefined }))();
    assert.equal(context.safeMode.isOn, true);
    assert.deepEqual(await operations.recoverAdopt(), [{ app: "ghost", releases: 1, current: 3 }]);
    assert.deepEqual(await operations.config({ app: "ghost" }), { A: "1" });
    assert.deepEqual((await operations.domains({ app: "ghost" })).own, ["ghost.example.com"]);
    assert.deepEqual(await operations.errorPages({ app: "ghost" }), ["H10"]);
    await (await prepareWork(context, { start: async () => undefined }))();
    assert.equal(context.safeMode.isOn, false);
    await context.background.idle();
    assert.equal(inventory.things.length, 3, "something was removed");
  });

  test("is not entered for an older store that still knows everything", async (t) => {
    const world = await createWorld(t, {}, { generation: { found: later, follow: () => undefined } });
    await world.deploy("shop");
    await (await prepareWork(world.context, { start: async () => undefined }))();
    assert.equal(world.context.safeMode.isOn, false);
  });
});
