import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { type Result, run, runOk } from "../helpers/berth.ts";

const script = join(import.meta.dirname, "../../scripts/quickstart.sh");

suite("quickstart", () => {
  test("--once pushes the sample app, fetches its page, and leaves nothing", async () => {
    const { code, stdout, stderr } = await run(script, ["--once"]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /200: version one/);
    assert.match(stdout, /Everything works/);
  });

  test("a second run reuses the daemon, the key and the app; --stop and --clean take them away", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "berth-test-"));
    const quickstart = (...args: string[]): Promise<Result> =>
      run(script, args, { env: { QUICKSTART_STATE: join(folder, "q") } });
    t.after(async () => {
      await quickstart("--clean");
      await rm(folder, { recursive: true, force: true });
    });

    const first = await quickstart();
    assert.equal(first.code, 0, first.stdout + first.stderr);
    const second = await quickstart();
    assert.equal(second.code, 0, second.stdout + second.stderr);
    assert.match(second.stdout, /already running/);
    assert.match(second.stdout, /Everything up-to-date/);

    const [, push] = /(GIT_SSH_COMMAND=[^\n]*\\\n *git push \S+) HEAD:main/.exec(second.stdout) ?? [];
    assert.ok(push, "it says how to push");
    const repository = join(folder, "q/client/node-web");
    await runOk("git", ["commit", "-q", "--allow-empty", "-m", "next"], { cwd: repository });
    await runOk("sh", ["-c", `${push.replace("my-app", "node-web")} main`], { cwd: repository });

    const stopped = await quickstart("--stop");
    assert.equal(stopped.code, 0, stopped.stdout + stopped.stderr);
    const again = await quickstart();
    assert.equal(again.code, 0, again.stdout + again.stderr);
    assert.match(again.stdout, /200: version one/);
  });
});
