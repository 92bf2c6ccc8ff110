import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const script = `
  import { collectAtRest } from ${JSON.stringify(join(import.meta.dirname, "../../src/lib/collect-at-rest.ts"))};
  let garbage = Array.from({ length: 400_000 }, (_, i) => ({ i, text: "x" + i }));
  garbage = undefined;
  const before = process.memoryUsage().heapUsed;
  collectAtRest();
  setTimeout(() => {
    process.stdout.write(String(before - process.memoryUsage().heapUsed));
  }, 6_000);
`;

test("garbage of a busy time is given back once the process rests", async () => {
  const args = ["--expose-gc", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.ok(Number(stdout) > 10_000_000, `only ${stdout} bytes went`);
});
