import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { suite, test } from "node:test";
import { promisify } from "node:util";

const module = JSON.stringify(join(import.meta.dirname, "../../src/lib/collect-at-rest.ts"));

/** The number that a process of its own prints. */
async function printed(script: string): Promise<number> {
  const imports = `import v8 from "node:v8"; import { collectAtRest } from ${module};`;
  const args = ["--expose-gc", "--input-type=module", "--eval", imports + script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return Number(stdout);
}

/** Bytes of `measure` that a process has given back after it has done `work`. */
function givenBack(work: string, measure: string, options: string): Promise<number> {
  return printed(`
    ${work}
    const before = ${measure};
    collectAtRest(${options});
    setTimeout(() => process.stdout.write(String(before - ${measure})), 6_000);
  `);
}

/** Whether a process whose heap grows every second collects garbage a second time within `waitMs` of the first one. */
async function collectsAgain(options: string, waitMs: number): Promise<boolean> {
  const count = await printed(`
    const { gc } = globalThis;
    let count = 0;
    const end = () => process.stdout.write(String(count), () => process.exit());
    globalThis.gc = (how) => {
      gc(how);
      count++;
      if (count === 1) setTimeout(end, ${waitMs});
      else end();
    };
    const kept = [];
    setInterval(() => kept.push(Array.from({ length: 20_000 }, (_, i) => ({ i }))), 1_000);
    collectAtRest(${options});
  `);
  return count > 1;
}

// At the same time: each waits for a process to rest.
suite("collecting at rest", { concurrency: true }, () => {
  test("garbage of a busy time is given back once the process rests", async () => {
    const work =
      'let garbage = Array.from({ length: 400_000 }, (_, i) => ({ i, text: "x" + i })); garbage = undefined;';
    const bytes = await givenBack(work, "process.memoryUsage().heapUsed", "");
    assert.ok(bytes > 10_000_000, `only ${bytes} bytes went`);
  });

  test("once is once, however much comes later", async () => {
    assert.equal(await collectsAgain("{ once: true }", 10_500), false);
  });

  test("without it, what comes later is collected too", async () => {
    assert.equal(await collectsAgain("", 60_000), true);
  });

  test("a thorough collection gives back the compiled form of what has run, too", async () => {
    const work = `const kept = Array.from({ length: 20_000 }, (_, i) => new Function("a", "return a * " + i + " + " + i));
    let sum = kept.reduce((all, one) => all + one(1), 0); process.on("exit", () => kept.length + sum);`;
    const measure = "v8.getHeapCodeStatistics().bytecode_and_metadata_size";
    const bytes = await givenBack(work, measure, "{ thorough: true }");
    assert.ok(bytes > 1_000_000, `only ${bytes} bytes went`);
  });
});
