import assert from "node:assert/strict";
import { test } from "node:test";
import { completeMoves, pendingMove } from "../../src/operations/pending-move.ts";
import { setPendingRename, undoRenames } from "../../src/operations/pending-rename.ts";
import { fakeSource } from "../helpers/fake-builder.ts";
import { createWorld, type World } from "../helpers/world.ts";

const [first, second] = ["1".repeat(40), "2".repeat(40)];

/** A push up to where git moves the branch. */
async function push(world: World, commit: string): Promise<void> {
  const move = { branch: "main", isFirst: true };
  await world.operations.deploy({ app: "shop", source: fakeSource({}, commit), move }, world.job());
}

async function finish(world: World, commit: string): Promise<void> {
  await world.repositories.setBranch("shop", "main", commit);
  await world.operations.settlePush({ app: "shop" });
}

const pending = ({ context }: World) =>
  context.store.read((view) => pendingMove(view, view.apps.byName("shop")?.id ?? ""));

test("keeps a commit in the repository before its release is stored, and remembers the branch with it", async (t) => {
  const world = await createWorld(t);
  await push(world, first);
  assert.deepEqual(world.repositories.kept, [first]);
  assert.deepEqual(pending(world), { branch: "main", commit: first });
  await finish(world, first);
  assert.equal(pending(world), undefined);
  assert.equal(await world.operations.branchToPushAgain({ app: "shop" }), undefined);
});

test("stores no release whose commit the repository cannot keep", async (t) => {
  const world = await createWorld(t);
  await push(world, first);
  await finish(world, first);
  world.repositories.keep = () => Promise.reject(new Error("disk full"));
  await assert.rejects(push(world, second), /disk full/);
  const { current } = await world.operations.releases({ app: "shop" });
  assert.equal(current?.commit, first);
  assert.equal((await world.scheduler.list("shop")).length, 1, "dynos of the failed release are left");
});

test("moves the branch at the next start, and lets the same commit be pushed again until it was deployed", async (t) => {
  const world = await createWorld(t);
  await push(world, first);
  await finish(world, first);
  await push(world, second);
  await completeMoves(world.context);
  assert.equal(world.repositories.branches.get("shop main"), second);
  assert.equal(await world.operations.branchToPushAgain({ app: "shop" }), "main");
  await push(world, second);
  await finish(world, second);
  assert.equal(await world.operations.branchToPushAgain({ app: "shop" }), undefined);
});

test("does not rebuild the commit before the one that runs", async (t) => {
  const world = await createWorld(t);
  await push(world, first);
  await finish(world, first);
  await push(world, second);
  world.repositories.kept.length = 0;
  await completeMoves(world.context);
  await assert.rejects(world.operations.rebuild({ app: "shop" }, world.job()), { code: "commit-missing" });
  assert.equal(await world.operations.branchToPushAgain({ app: "shop" }), "main");
});

test("lets a branch be pushed again after a rollback, and where the engine has lost the image", async (t) => {
  const world = await createWorld(t);
  await push(world, first);
  await finish(world, first);
  await push(world, second);
  await finish(world, second);
  await world.operations.rollback({ app: "shop", version: undefined }, world.job());
  assert.equal(await world.operations.branchToPushAgain({ app: "shop" }), "main");
  await push(world, second);
  await finish(world, second);
  assert.equal(await world.operations.branchToPushAgain({ app: "shop" }), undefined);
  world.images.references.clear();
  assert.equal(await world.operations.branchToPushAgain({ app: "shop" }), "main");
});

test("takes the repository back from a rename that was killed halfway, and removes nothing of it", async (t) => {
  const world = await createWorld(t);
  const { repositories, context } = world;
  await world.deploy("shop");
  await repositories.ensure("shop");
  const id = context.store.read((view) => view.apps.byName("shop")?.id ?? "");
  context.store.write((changes) => setPendingRename(changes, id, "store"));
  await repositories.rename("shop", "store");
  await undoRenames(context);
  assert.deepEqual([...repositories.names], ["shop"]);
  await undoRenames(context);
  await world.operations.renameApp({ app: "shop", name: "store" }, world.job());
  await undoRenames(context);
  assert.deepEqual([...repositories.names], ["store"]);
});

test("moves the branch of a sync that was killed after its release, and builds it again when asked", async (t) => {
  const world = await createWorld(t);
  const { repositories, operations } = world;
  const sync = () =>
    operations.syncRepository(
      { app: "shop", url: "https://git.example.com/shop", ref: undefined, build: "if-changed", setDeployBranch: false },
      world.job(),
    );
  const { setBranch } = repositories;
  repositories.setBranch = () => Promise.reject(new Error("killed"));
  await assert.rejects(sync(), /killed/);
  repositories.setBranch = setBranch;
  await completeMoves(world.context);
  assert.equal(repositories.branches.get("shop main"), repositories.remote.commit);
  assert.notEqual((await sync()).deployed, undefined, "its caller has not heard of the first one");
  assert.equal((await sync()).deployed, undefined);
});
