import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { connectTo } from "../../src/docker/dockerode.ts";

const require = createRequire(import.meta.url);

test("dockerode comes without gRPC, and gets it when a BuildKit session is opened", () => {
  const isLoaded = (): boolean => Object.keys(require.cache).some((path) => path.includes("/@grpc/"));
  connectTo("/nonexistent.sock", { lookMs: 1000, changeMs: 1000 });
  assert.equal(isLoaded(), false);
  const openSession = require("dockerode/lib/session.js") as (docker: object, auth: object, done: () => void) => void;
  const asked: { path?: string }[] = [];
  openSession({ modem: { dial: (options: object) => asked.push(options) } }, {}, () => {});
  assert.equal(asked[0]?.path, "/session");
  assert.equal(isLoaded(), true);
});
