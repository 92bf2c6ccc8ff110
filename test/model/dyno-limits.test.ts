import assert from "node:assert/strict";
import { test } from "node:test";
import { dynoLimits } from "../../src/model/dyno-limits.ts";

const gigabyte = 1024 ** 3;

test("limits of a dyno leave the host its headroom on machines of every size", () => {
  const seen = [0.5, 1, 2, 4, 8, 24, 64].map((size) => dynoLimits({ memoryBytes: size * gigabyte, cores: 1 }));
  const left = [0.5, 1, 2, 4, 8, 24, 64].map(
    (size, index) => size * 1024 - (seen[index]?.memoryBytes ?? 0) / 1024 ** 2,
  );
  assert.deepEqual(left.map(Math.round), [256, 384, 410, 819, 1638, 2048, 2048]);
  const cores = [1, 2, 4, 8, 64].map((count) => dynoLimits({ memoryBytes: gigabyte, cores: count }).cpus);
  assert.deepEqual(cores, [0.9, 1.8, 3.6, 7.5, 63.5]);
});
