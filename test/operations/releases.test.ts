import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { UserError } from "../../src/model/errors.ts";
import { reconcileApp } from "../../src/reconciler/reconcile.ts";
import { createWorld } from "../helpers/world.ts";

test("config of an app that is not deployed waits for its first release", async (t) => {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  const release = await world.operations.setConfig({ app: "shop", vars: { A: "1" }, restart: true }, world.job());
  assert.equal(release, undefined);
  const deployed = await world.deploy("shop");
  assert.deepEqual(deployed.release.config, { A: "1" });
});

test("a config change makes a release with the same image and new dynos", async (t) => {
  const world = await createWorld(t);
  const first = await world.deploy("shop");
  const set = { app: "shop", vars: { A: "x y", B: 'q"q' }, restart: true };
  const second = await world.operations.setConfig(set, world.job());
  assert.equal(second?.version, 2);
  assert.equal(second?.image, first.release.image);
  assert.equal(second?.description, "Set config vars: A, B");
  assert.deepEqual(world.scheduler.started.at(-1)?.config, { A: "x y", B: 'q"q' });
  const third = await world.operations.unsetConfig({ app: "shop", keys: ["A", "MISSING"], restart: true }, world.job());
  assert.deepEqual(third?.config, { B: 'q"q' });
});

test("config vars with which the app does not start are not kept", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  await world.operations.setConfig({ app: "shop", vars: { A: "good" }, restart: true }, world.job());
  world.scheduler.script({ release: 3 }, { exitCode: 1 });
  const bad = world.operations.setConfig({ app: "shop", vars: { A: "bad" }, restart: true }, world.job());
  await assert.rejects(bad, { code: "dyno-unhealthy" });
  assert.deepEqual(await world.operations.config({ app: "shop" }), { A: "good" });
  const { releases, current } = await world.operations.releases({ app: "shop" });
  assert.deepEqual([releases.length, current?.version], [2, 2]);
});

test("without a restart the value is stored and the dynos stay", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  const before = await world.scheduler.list("shop");
  await world.operations.setConfig({ app: "shop", vars: { A: "1" }, restart: false }, world.job());
  assert.deepEqual(await world.operations.config({ app: "shop" }), { A: "1" });
  assert.deepEqual(await world.scheduler.list("shop"), before);
});

test("names and values that no environment can hold are refused before anything changes", async (t) => {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  for (const vars of [{ "1A": "x" }, { "A-B": "x" }, { A: "a\0b" }, { A: "x".repeat(200_000) }, {}]) {
    await assert.rejects(world.operations.setConfig({ app: "shop", vars, restart: true }, world.job()), {
      name: "UserError",
    });
  }
  assert.deepEqual(await world.operations.config({ app: "shop" }), {});
});

test("a rollback is a new release with image, config and process types of the old one", async (t) => {
  const world = await createWorld(t);
  world.builder.processTypes = { web: "./one" };
  const first = await world.deploy("shop");
  world.builder.processTypes = { web: "./two" };
  await world.deploy("shop");
  await world.operations.setConfig({ app: "shop", vars: { A: "1" }, restart: true }, world.job());
  const back = await world.operations.rollback({ app: "shop", version: 1 }, world.job());
  assert.deepEqual(
    [back.version, back.image, back.config, back.processTypes, back.description],
    [4, first.release.image, {}, { web: "./one" }, "Rollback to v1"],
  );
  assert.equal(world.scheduler.started.at(-1)?.command, "./one");
  assert.deepEqual(await world.operations.config({ app: "shop" }), {}, "the next deploy has that config too");
});

test("a rollback without a version goes to the release before the current one", async (t) => {
  const world = await createWorld(t);
  const first = await world.deploy("shop");
  await world.deploy("shop");
  const back = await world.operations.rollback({ app: "shop", version: undefined }, world.job());
  assert.equal(back.image, first.release.image);
});

test("a rollback to what is not there names what is missing", async (t) => {
  const world = await createWorld(t);
  await assert.rejects(world.operations.rollback({ app: "shop", version: 1 }, world.job()), {
    code: "app-missing",
    exitCode: 20,
  });
  const first = await world.deploy("shop");
  const none = world.operations.rollback({ app: "shop", version: undefined }, world.job());
  await assert.rejects(none, /no earlier release/);
  await assert.rejects(world.operations.rollback({ app: "shop", version: 9 }, world.job()), /no release v9/);
  await world.deploy("shop");
  world.images.references.delete(first.release.image);
  await assert.rejects(world.operations.rollback({ app: "shop", version: 1 }, world.job()), { code: "image-missing" });
});

test("a rename moves routes, repository and dynos, and the old name is free again", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  world.repositories.names.add("shop");
  await world.operations.renameApp({ app: "shop", name: "store" }, world.job());
  await world.context.background.idle();
  assert.deepEqual([...world.publisher.table.keys()], ["store"]);
  assert.deepEqual(world.publisher.table.get("store")?.hosts, ["store.berth.test"]);
  assert.deepEqual([...world.repositories.names], ["store"]);
  assert.deepEqual(await world.scheduler.list("shop"), []);
  assert.equal((await world.scheduler.list("store")).length, 1);
  await world.operations.createApp({ name: "shop" });
});

test("a rename that does not come up leaves the app as it was", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  world.repositories.names.add("shop");
  world.scheduler.script({ app: "store" }, { exitCode: 1 });
  await assert.rejects(world.operations.renameApp({ app: "shop", name: "store" }, world.job()), {
    code: "dyno-unhealthy",
  });
  assert.deepEqual([...world.repositories.names], ["shop"]);
  assert.deepEqual([...world.publisher.table.keys()], ["shop"]);
});

test("destroying removes dynos, routes, images, cache, repository and state", async (t) => {
  const world = await createWorld(t);
  const { release } = await world.deploy("shop");
  world.repositories.names.add("shop");
  await world.operations.destroyApp({ app: "shop" });
  assert.deepEqual(await world.scheduler.list(), []);
  assert.equal(world.publisher.table.size, 0);
  assert.equal(world.images.references.size, 0);
  assert.deepEqual(world.images.removedCaches, [release.appId]);
  assert.equal(world.repositories.names.size, 0);
  await assert.rejects(world.operations.requireApp({ app: "shop" }), { exitCode: 20 });
});

test("a domain belongs to one app and is kept in its canonical form", async (t) => {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  await world.operations.createApp({ name: "blog" });
  const domains = ["Shop.Example.com.", "münchen.example"];
  assert.deepEqual(await world.operations.addDomains({ app: "shop", domains }), [
    { domain: "shop.example.com", changed: true },
    { domain: "xn--mnchen-3ya.example", changed: true },
  ]);
  assert.deepEqual(world.publisher.table.get("shop")?.hosts, [
    "shop.example.com",
    "xn--mnchen-3ya.example",
    "shop.berth.test",
  ]);
  await assert.rejects(
    world.operations.addDomains({ app: "blog", domains: ["free.example", "shop.example.com"] }),
    (error: UserError) => error.code === "domain-taken" && error.message.includes("app shop"),
  );
  assert.deepEqual((await world.operations.domains({ app: "blog" })).own, [], "none of the two was added");
  for (const domain of ["http://a.example", "a b", "-a.example", "a..b", "", "a.example:80"]) {
    await assert.rejects(world.operations.addDomains({ app: "shop", domains: [domain] }), { code: "invalid-domain" });
  }
  await world.operations.removeDomains({ app: "shop", domains: ["shop.example.com"] });
  assert.equal(world.publisher.table.get("shop")?.hosts.includes("shop.example.com"), false);
});

test("a rollback and the removal of old images exclude each other", async (t) => {
  const world = await createWorld(t, { keepReleases: 2 });
  for (const digit of "12") await world.deploy("shop", digit.repeat(40));
  const removing = Promise.withResolvers<void>();
  const remove = world.images.remove.bind(world.images);
  world.images.remove = async (reference) => {
    await removing.promise;
    await remove(reference);
  };
  await world.deploy("shop", "3".repeat(40));
  const rollback = world.operations.rollback({ app: "shop", version: 1 }, world.job());
  removing.resolve();
  await assert.rejects(rollback, { code: "image-missing" });
});

test("a rename publishes the new name before the old one goes, and moves the repository with the state", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  await world.repositories.ensure("shop");
  world.publisher.log.length = 0;
  const rename = world.repositories.rename;
  world.repositories.rename = async (from, to) => {
    assert.equal(world.scheduler.started.at(-1)?.app, "store", "its dynos are up");
    await rename(from, to);
  };
  await world.operations.renameApp({ app: "shop", name: "store" }, world.job());
  assert.deepEqual(world.publisher.log.slice(0, 2), ["publish store web.1", "withdraw shop"]);
  assert.deepEqual([...world.repositories.names], ["store"]);
});

test("destroying ends one-off dynos first, as they hold the image", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  let open = 0;
  world.scheduler.scriptRuns(async (_spec, { signal }) => {
    open += 1;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    open -= 1;
    throw signal.reason;
  });
  const remove = world.images.remove.bind(world.images);
  world.images.remove = (reference) => (open > 0 ? Promise.reject(new Error("in use")) : remove(reference));
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const io = { stdin, stdout, stderr, terminal: undefined, signal: new AbortController().signal };
  const run = world.operations.run({ app: "shop", command: ["bash"], env: {} }, io);
  const ended = assert.rejects(run, { code: "app-destroyed" });
  await world.operations.destroyApp({ app: "shop" });
  await ended;
  assert.deepEqual(await world.operations.listApps(), []);
});

test("an app whose destruction broke off stays down, and can be destroyed again", async (t) => {
  const world = await createWorld(t);
  const { release } = await world.deploy("shop");
  const remove = world.images.remove.bind(world.images);
  world.images.remove = () => Promise.reject(new Error("engine stopped"));
  await assert.rejects(world.operations.destroyApp({ app: "shop" }));
  await reconcileApp(world.context, release.appId, new AbortController().signal);
  assert.deepEqual(await world.scheduler.list("shop"), []);
  world.images.remove = remove;
  await world.operations.destroyApp({ app: "shop" });
  assert.equal(world.publisher.table.size, 0);
});

test("config vars may have the names of an object's own methods", async (t) => {
  const world = await createWorld(t);
  await world.deploy("shop");
  const set = { app: "shop", vars: { constructor: "1" }, restart: false };
  await world.operations.setConfig(set, world.job());
  await world.operations.unsetConfig({ app: "shop", keys: ["constructor"], restart: false }, world.job());
  assert.deepEqual(await world.operations.config({ app: "shop" }), {});
  const quantities = { constructor: 1 };
  await assert.rejects(world.operations.scale({ app: "shop", quantities, deploy: true }, world.job()), {
    code: "unknown-process-type",
  });
});

test("no app takes the address that another one has under the global domain", async (t) => {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  await world.operations.createApp({ name: "blog" });
  const taken = { code: "domain-taken" };
  await assert.rejects(world.operations.addDomains({ app: "blog", domains: ["shop.berth.test"] }), taken);
  await world.operations.addDomains({ app: "blog", domains: ["blog.berth.test", "news.berth.test"] });
  await assert.rejects(world.operations.createApp({ name: "news" }), taken);
  await assert.rejects(world.operations.renameApp({ app: "shop", name: "news" }, world.job()), taken);
});
