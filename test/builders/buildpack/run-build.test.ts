import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { runBuild } from "../../../src/builders/buildpack/run-build.ts";
import type { DockerEngine } from "../../../src/docker/engine.ts";
import { Stopwatch } from "../../../src/lib/stopwatch.ts";

const ignore = (): void => undefined;
const progress = { step: ignore, headline: ignore, detail: ignore, warn: ignore, line: ignore };

test("a source that cannot be opened leaves no connection to the container", async () => {
  const stream = new PassThrough();
  const engine = { containers: { attach: async () => stream } } as unknown as DockerEngine;
  const refused = async () => {
    throw new Error("no such submodule");
  };
  const source = { commit: "c".repeat(40), has: async () => true, read: async () => undefined, tar: refused };
  const input = { source, files: undefined, watch: new Stopwatch() };
  await assert.rejects(runBuild(engine, "id", input, progress, new AbortController().signal), /no such submodule/);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(stream.destroyed);
});
