import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { execPath } from "node:process";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";

const module = pathToFileURL(join(import.meta.dirname, "../../src/lib/logger.ts"));

/** What a process prints on standard error that makes a logger and does this with it. */
function logged(level: string, pretty: boolean, work: string) {
  const script = `import { createLogger } from ${JSON.stringify(module)};
    const logger = await createLogger(${JSON.stringify(level)}, ${pretty});
    ${work}`;
  const result = spawnSync(execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  assert.equal(result.stdout, "");
  return result.stderr;
}

describe("createLogger", () => {
  it("writes a JSON line with message, fields, level and process to standard error", () => {
    const line = JSON.parse(logged("info", false, `logger.info({ app: "blog" }, "app created")`));
    assert.equal(line.msg, "app created");
    assert.equal(line.app, "blog");
    assert.equal(line.level, 30);
    assert.equal(typeof line.pid, "number");
    assert.equal(typeof line.time, "number");
  });

  it("keeps the stack and the cause of an error", () => {
    const work = `logger.error({ err: new Error("outer", { cause: new Error("inner") }) }, "deploy failed")`;
    const { err } = JSON.parse(logged("info", false, work));
    assert.equal(err.type, "Error");
    assert.match(err.stack, /outer.*inner/s);
  });

  it("leaves out what is below the level", () => {
    assert.equal(logged("warn", false, `logger.info("no"); logger.debug("no")`), "");
    assert.equal(logged("silent", false, `logger.fatal("no")`), "");
    assert.equal(JSON.parse(logged("debug", false, `logger.debug("yes")`)).msg, "yes");
  });

  it("writes for people where asked to", () => {
    const text = logged("info", true, `logger.warn({ app: "blog" }, "app is slow")`);
    assert.match(text, /WARN.*app is slow/);
    assert.match(text, /app: .*blog/);
  });

  for (const pretty of [false, true]) {
    it(`has written the last line before a sudden exit (${pretty ? "pretty" : "JSON"})`, () => {
      assert.match(logged("info", pretty, `logger.info("last words"); process.exit(0)`), /last words/);
      assert.match(
        logged("info", pretty, `logger.info("last words"); process.kill(process.pid, "SIGKILL")`),
        /last words/,
      );
    });
  }
});
