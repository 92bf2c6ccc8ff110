import assert from "node:assert/strict";
import { test } from "node:test";
import { AppLocks } from "../../src/operations/app-locks.ts";

const app = { id: "1", name: "shop" };

test("upkeep is not begun while a user's change runs", async () => {
  const locks = new AppLocks(Date.now);
  const change = Promise.withResolvers<void>();
  const held = locks.hold(app, "deploy", () => change.promise);
  await locks.upkeep(app.id, async () => assert.fail("begun"));
  change.resolve();
  await held;
});

test("a user's change ends upkeep, waits for its end, and is alone then", async () => {
  const locks = new AppLocks(Date.now);
  const order: string[] = [];
  const cleaned = Promise.withResolvers<void>();
  const upkeep = locks.upkeep(app.id, async (giveWay) => {
    await new Promise((resolve) => giveWay.addEventListener("abort", resolve));
    await cleaned.promise;
    order.push("upkeep ended");
  });
  const change = Promise.withResolvers<void>();
  const first = locks.hold(app, "deploy by alice", async () => {
    order.push("deploy");
    await change.promise;
  });
  const second = locks.hold(app, "deploy by bob", async () => assert.fail("two at once"));
  cleaned.resolve();
  await assert.rejects(second, { code: "app-busy", message: /deploy by alice/ });
  change.resolve();
  await Promise.all([upkeep, first]);
  assert.deepEqual(order, ["upkeep ended", "deploy"]);
});
