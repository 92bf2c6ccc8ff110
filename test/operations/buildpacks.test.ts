import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { fakeSource } from "../helpers/fake-builder.ts";
import { createWorld } from "../helpers/world.ts";

suite("The buildpacks of an app", () => {
  test("are added at the end or at a place, replaced, taken away by name or place, and cleared", async (t) => {
    const { operations } = await createWorld(t);
    await operations.createApp({ name: "shop" });
    const change = (given: Parameters<typeof operations.changeBuildpacks>[0]["change"]) =>
      operations.changeBuildpacks({ app: "shop", change: given });
    const list = () => operations.buildpacks({ app: "shop" });
    await change({ kind: "set", buildpacks: ["nodejs"] });
    await change({ kind: "add", buildpacks: ["https://user:secret@h.test/x#v1"] });
    await change({ kind: "add", buildpacks: ["apt"], position: 1 });
    assert.deepEqual(await list(), ["apt", "nodejs", "https://***@h.test/x#v1"]);
    await change({ kind: "set", buildpacks: ["python"], position: 2 });
    assert.deepEqual(await change({ kind: "remove", which: "https://***@h.test/x#v1" }), ["https://***@h.test/x#v1"]);
    assert.deepEqual(await change({ kind: "remove", which: 1 }), ["apt"]);
    assert.deepEqual(await list(), ["python"]);
    await assert.rejects(change({ kind: "remove", which: "ruby" }), { code: "buildpack-missing" });
    await assert.rejects(change({ kind: "remove", which: 2 }), { code: "buildpack-missing" });
    await change({ kind: "replace", buildpacks: ["heroku/go", "null"] });
    assert.deepEqual(await list(), ["heroku/go", "null"]);
    await change({ kind: "clear" });
    assert.deepEqual(await list(), []);
    await assert.rejects(change({ kind: "remove", which: "go" }), { message: /will detect buildpack normally/ });
  });

  test("reach the build with those of app.json and the stack", async (t) => {
    const { operations, builder, job } = await createWorld(t);
    await operations.createApp({ name: "shop" });
    await operations.changeBuildpacks({ app: "shop", change: { kind: "add", buildpacks: ["https://u:p@h.test/x"] } });
    await operations.setProperty({ app: undefined, key: "buildpacks.stack", value: "heroku-22" });
    const files = { Procfile: "", "app.json": '{"buildpacks": [{"url": "heroku/go"}]}' };
    await operations.deploy({ app: "shop", source: fakeSource(files) }, job());
    const request = builder.requests.at(-1);
    assert.deepEqual(request?.buildpacks, { listed: ["https://u:p@h.test/x"], manifest: ["heroku/go"] });
    assert.equal(request?.stack, "heroku-22");
  });

  test("nonsense is refused before it is stored", async (t) => {
    const { operations } = await createWorld(t);
    await operations.createApp({ name: "shop" });
    const change = { kind: "add", buildpacks: ["go", "ext::sh -c x"] } as const;
    await assert.rejects(operations.changeBuildpacks({ app: "shop", change }), { code: "invalid-buildpack" });
    assert.deepEqual(await operations.buildpacks({ app: "shop" }), []);
    await assert.rejects(operations.buildpacks({ app: "none" }), { code: "app-missing" });
  });

  test("what their builds have kept is thrown away on demand, and not below a running build", async (t) => {
    const { operations, images, context } = await createWorld(t);
    const app = await operations.createApp({ name: "shop" });
    await operations.purgeCache({ app: "shop" });
    assert.deepEqual(images.removedCaches, [app.id]);
    await context.locks.hold(app, "deploy", async () => {
      await assert.rejects(operations.purgeCache({ app: "shop" }), { code: "app-busy" });
    });
  });
});
