import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { suite, test } from "node:test";
import { promisify } from "node:util";

const module = JSON.stringify(join(import.meta.dirname, "../../src/lib/collect-at-rest.ts"));

const garbage = 'Array.from({ length: 400_000 }, (_, i) => ({ i, text: "x" + i }))';

/** Bytes of `measure` that a process has given back after it has done `work`. */
async function givenBack(work: string, measure: string, options: string, afterMs = 6_000): Promise<number> {
  const script = `
    import v8 from "node:v8";
    import { collectAtRest } from ${module};
    ${work}
    const before = ${measure};
    collectAtRest(${options});
    setTimeout(() => process.stdout.write(String(before - ${measure})), ${afterMs});
  `;
  const args = ["--expose-gc", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return Number(stdout);
}

// At the same time: each waits for a process to rest.
suite("collecting at rest", { concurrency: true }, () => {
  test("garbage of a busy time is given back once the process rests", async () => {
    const work = `let early = ${garbage}; early = undefined;`;
    const bytes = await givenBack(work, "process.memoryUsage().heapUsed", "");
    assert.ok(bytes > 10_000_000, `only ${bytes} bytes went`);
  });

  test("once is once: what comes later stays until V8 needs room", async () => {
    const later = `setTimeout(() => { globalThis.late = ${garbage}; globalThis.late = undefined; }, 5_500);`;
    const work = `let early = ${garbage}; early = undefined; ${later}`;
    const bytes = await givenBack(work, "process.memoryUsage().heapUsed", "{ once: true }", 12_000);
    assert.ok(bytes < 10_000_000, `${bytes} bytes went`);
  });

  test("a thorough collection gives back the compiled form of what has run, too", async () => {
    const work = `const kept = Array.from({ length: 20_000 }, (_, i) => new Function("a", "return a * " + i + " + " + i));
    let sum = kept.reduce((all, one) => all + one(1), 0); process.on("exit", () => kept.length + sum);`;
    const measure = "v8.getHeapCodeStatistics().bytecode_and_metadata_size";
    const bytes = await givenBack(work, measure, "{ thorough: true }");
    assert.ok(bytes > 1_000_000, `only ${bytes} bytes went`);
  });
});
