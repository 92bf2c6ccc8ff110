import assert from "node:assert/strict";
import { test } from "node:test";
import { allowedGrowth, soak } from "./helpers/soak.ts";

// `scripts/bench.sh soak` is the same for a minute.
test("mixed traffic while routes change: no wrong answer, and nothing stays behind", async (t) => {
  const { changes, right, wrong, before, after } = await soak(t, 8);
  assert.deepEqual(wrong, []);
  assert.ok(changes > 20, `${changes} changes`);
  for (const [kind, count] of Object.entries(right)) assert.ok(count > 3, `${kind}: ${count}`);
  assert.ok(after.bytes - before.bytes <= allowedGrowth.bytes, `memory: ${before.bytes} to ${after.bytes} bytes`);
  assert.ok(
    after.descriptors - before.descriptors <= allowedGrowth.descriptors,
    `descriptors: ${before.descriptors} to ${after.descriptors}`,
  );
});
