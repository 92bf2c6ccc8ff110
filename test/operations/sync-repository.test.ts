import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../src/model/errors.ts";
import type { SyncInput } from "../../src/operations/operations.ts";
import { createWorld, type World } from "../helpers/world.ts";

const [one, two] = ["1".repeat(40), "2".repeat(40)];

function sync(world: World, input: Partial<SyncInput> = {}) {
  const defaults = { app: "shop", url: "https://git.example.test/shop", ref: undefined } as const;
  return world.operations.syncRepository({ ...defaults, build: "never", setDeployBranch: true, ...input }, world.job());
}

const deployBranch = async (world: World) =>
  (await world.operations.property({ app: "shop", key: "git.deploy-branch" })).raw;

test("without a build the repository follows, and so does the deploy branch unless that is not wanted", async (t) => {
  const world = await createWorld(t);
  world.repositories.remote = { commit: one, branch: "release" };
  const synced = await sync(world);
  assert.deepEqual(synced, { branch: "release", commit: one, deployed: undefined });
  assert.equal(world.builder.requests.length, 0);
  assert.equal(await deployBranch(world), "release");
  world.repositories.remote = { commit: two, branch: "other" };
  assert.equal((await sync(world, { setDeployBranch: false })).branch, "release");
  assert.equal(world.repositories.branches.get("shop release"), two);
  assert.equal(await deployBranch(world), "release");
});

test("a build is made always, or when something runs that is not what was fetched", async (t) => {
  const world = await createWorld(t);
  world.repositories.remote = { commit: one, branch: "main" };
  await sync(world);
  assert.equal((await sync(world, { build: "if-changed" })).deployed?.release.commit, one, "it was not built yet");
  assert.equal((await sync(world, { build: "if-changed" })).deployed, undefined);
  assert.equal((await sync(world, { build: "always" })).deployed?.release.version, 2);
  world.repositories.remote = { commit: two, branch: "main" };
  assert.equal((await sync(world, { build: "if-changed" })).deployed?.release.commit, two);
});

test("a build that fails leaves the branch where it was", async (t) => {
  const world = await createWorld(t);
  world.repositories.remote = { commit: one, branch: "main" };
  await sync(world, { build: "always" });
  world.repositories.remote = { commit: two, branch: "main" };
  world.builder.fails = new UserError("build-failed", "no");
  await assert.rejects(sync(world, { build: "always" }), { code: "build-failed" });
  assert.equal(world.repositories.branches.get("shop main"), one);
});

test("a tag goes to the branch that is deployed", async (t) => {
  const world = await createWorld(t);
  world.repositories.remote = { commit: one, branch: undefined };
  assert.equal((await sync(world, { ref: "v1" })).branch, "main");
  assert.equal(await deployBranch(world), "");
});

test("what the repository has can be built again", async (t) => {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  await assert.rejects(world.operations.rebuild({ app: "shop" }, world.job()), { code: "nothing-pushed" });
  world.repositories.branches.set("shop main", one);
  const { release } = await world.operations.rebuild({ app: "shop" }, world.job());
  assert.equal(release.commit, one);
});
