import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { BuildGuard, engineBridge } from "../../src/daemon/guard-builds.ts";
import { createDockerEngine } from "../../src/docker/create-engine.ts";
import { labels } from "../../src/docker/labels.ts";
import { dockerSocket, newInstance, removeAllOf } from "../helpers/docker.ts";
import { requireImages, runImage } from "../helpers/images.ts";

suite("The guard of builds on the engine's own bridge", () => {
  const engine = createDockerEngine({ socketPath: dockerSocket });
  const instance = newInstance();
  before(requireImages);
  after(() => removeAllOf(engine, instance));

  test("looks again when a container of others starts or ends during a build", async () => {
    let seen: readonly string[] = [];
    let onLook: () => void = () => undefined;
    const guard = new BuildGuard({
      changed: async () => {
        seen = ((await engineBridge(engine))?.containers ?? []).map(({ address }) => address);
        onLook();
      },
      containers: (signal) => engine.events({ labels: { [labels.instance]: instance }, since: Date.now() }, signal),
    });
    const seeing = (address: string, isThere: boolean) =>
      new Promise<void>((resolve) => {
        onLook = () => {
          if (seen.includes(address) === isThere) resolve();
        };
        onLook();
      });
    await guard.during(async () => {
      const id = await engine.containers.create(`${instance}-other`, {
        Image: runImage,
        Cmd: ["sleep", "infinity"],
        Labels: { [labels.instance]: instance },
      });
      await engine.containers.start(id);
      const address = (await engine.networks.inspect("bridge"))?.containers[id] ?? "";
      assert.notEqual(address, "");
      await seeing(address, true);
      await engine.containers.remove(id);
      await seeing(address, false);
    });
    assert.equal(guard.isBuilding, false);
  });

  test("builds although the engine tells nothing of its containers", async () => {
    let looks = 0;
    const guard = new BuildGuard({
      changed: async () => void looks++,
      containers: () => Promise.reject(new Error("no events")),
    });
    assert.equal(await guard.during(async () => guard.isBuilding), true);
    assert.equal(looks, 2);
  });
});
