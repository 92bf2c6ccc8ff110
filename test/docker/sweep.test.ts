import assert from "node:assert/strict";
import { test } from "node:test";
import type { DockerEngine } from "../../src/docker/engine.ts";
import { labels } from "../../src/docker/labels.ts";
import { sweep } from "../../src/docker/sweep.ts";
import { createLogger } from "../../src/lib/logger.ts";

test("a container that the engine cannot remove does not keep the daemon from starting", async () => {
  const removed: string[] = [];
  const containers = {
    list: async () => ["stuck", "left"].map((id) => ({ id, labels: { [labels.kind]: "build" }, status: "exited" })),
    remove: async (id: string) => {
      if (id === "stuck") throw new Error("device or resource busy");
      removed.push(id);
    },
  };
  const engine = { session: "now", containers } as unknown as DockerEngine;
  assert.equal(await sweep(engine, "i", await createLogger("silent", false)), 1);
  assert.deepEqual(removed, ["left"]);
});
