import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { PassThrough, Readable, Writable } from "node:stream";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ExecError, type ExecOptions, exec } from "../../src/lib/exec.ts";

const path = { PATH: env.PATH ?? "" };
const sh = (script: string, options: Partial<ExecOptions> = {}) =>
  exec("sh", ["-c", script], { env: path, ...options });

async function failure(running: Promise<unknown>): Promise<ExecError> {
  const error = await running.then(
    () => assert.fail("it should have failed"),
    (error) => error,
  );
  assert(error instanceof ExecError, String(error));
  return error;
}

function collector(): Writable & { text: string } {
  const stream = Object.assign(new PassThrough(), { text: "" });
  stream.on("data", (chunk) => {
    stream.text += chunk;
  });
  return stream;
}

/** Whether a process with this id is there and not merely waiting to be reaped. */
function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

describe("exec", () => {
  it("hands arguments over as they are and gives back what was written, byte for byte", async () => {
    const { stdout } = await exec("printf", ["%s|", "a b", "$HOME;`id`", "", "*", "'\"\\"], { env: path });
    assert.equal(stdout.toString(), "a b|$HOME;`id`||*|'\"\\|");
    const { stdout: bytes } = await exec("printf", ["\\377\\000\\376"], { env: path });
    assert.deepEqual([...bytes], [255, 0, 254]);
  });

  it("gives the program the environment it was told, and no other", async () => {
    const { stdout } = await exec("/usr/bin/env", [], { env: { ONLY: "this" } });
    assert.equal(stdout.toString(), "ONLY=this\n");
  });

  it("runs it in the folder it was told", async () => {
    const { stdout } = await exec("pwd", [], { env: path, cwd: "/usr" });
    assert.equal(stdout.toString(), "/usr\n");
  });

  describe("input", () => {
    it("is empty where there is none", async () => {
      assert.equal((await exec("cat", [], { env: path })).stdout.length, 0);
    });

    it("is text, bytes or a stream", async () => {
      const through = async (stdin: NonNullable<ExecOptions["stdin"]>) =>
        (await exec("cat", [], { env: path, stdin })).stdout.toString();
      assert.equal(await through("é text"), "é text");
      assert.equal(await through(new Uint8Array([0x61, 0x62])), "ab");
      assert.equal(await through(Readable.from([Buffer.from("a "), Buffer.from("stream")])), "a stream");
      const big = "x".repeat(3_000_000);
      assert.equal(await through(big), big);
    });

    it("may be left unread: the exit code decides", async () => {
      await sh("exit 0", { stdin: "x".repeat(3_000_000) });
      assert.equal((await failure(sh("exit 4", { stdin: "x".repeat(3_000_000) }))).exitCode, 4);
    });

    it("that goes on after the program's end stays open for its owner", async () => {
      const stdin = new PassThrough();
      stdin.write("first\n");
      const { stdout } = await sh("read line; echo got $line", { stdin });
      assert.equal(stdout.toString(), "got first\n");
      assert.equal(stdin.destroyed, false);
      stdin.write("more");
      assert.equal(stdin.read()?.toString(), "more");
    });

    it("that fails ends the program and is the error", async () => {
      const stdin = new PassThrough();
      const running = exec("cat", [], { env: path, stdin });
      stdin.destroy(new Error("the sender has gone"));
      await assert.rejects(running, /the sender has gone/);
      await assert.rejects(exec("cat", [], { env: path, stdin }), /the sender has gone|premature/i);
    });
  });

  describe("output", () => {
    it("is passed on as it comes, and the streams stay open", async () => {
      const stdin = new PassThrough();
      const stdout = collector();
      const stderr = collector();
      const running = sh("echo one; echo two >&2; cat; echo three", { stdin, stdout, stderr });
      while (!stdout.text.includes("one")) await new Promise((resolve) => stdout.once("data", resolve));
      stdin.end("between\n");
      const result = await running;
      assert.equal(result.stdout.length, 0);
      assert.equal(stdout.text, "one\nbetween\nthree\n");
      assert.equal(stderr.text, "two\n");
      assert(stdout.writable && stderr.writable);
    });

    it("waits for a reader that is slow", async () => {
      let seen = 0;
      let most = 0;
      const slow = new Writable({
        highWaterMark: 1024,
        write(chunk, _encoding, done) {
          seen += chunk.length;
          most = Math.max(most, slow.writableLength);
          setImmediate(done);
        },
      });
      await exec("head", ["-c", "5000000", "/dev/zero"], { env: path, stdout: slow });
      assert.equal(seen, 5_000_000);
      assert(most < 1_000_000, `${most} bytes were piled up`);
    });

    it("ends the program when it is too much", async () => {
      const error = await failure(exec("cat", ["/dev/zero"], { env: path, maxBytes: 100_000 }));
      assert.match(error.message, /^cat wrote more than 100000 bytes$/);
      assert.equal(error.exitCode, undefined);
      const streamed = exec("cat", ["/dev/zero"], { env: path, maxBytes: 100_000, stdout: collector() });
      assert.match((await failure(streamed)).message, /wrote more than/);
    });

    it("ends the program when its reader fails or goes", async () => {
      const failing = new Writable({
        write(_chunk, _encoding, done) {
          done(new Error("disk full"));
        },
      });
      await assert.rejects(exec("cat", ["/dev/zero"], { env: path, stdout: failing }), /disk full/);
      const gone = new PassThrough();
      gone.destroy();
      await assert.rejects(exec("cat", ["/dev/zero"], { env: path, stdout: gone }));
    });
  });

  describe("failure", () => {
    it("has the exit code and the last lines on standard error, but no argument in its message", async () => {
      const script = "for i in $(seq 30); do echo line $i >&2; done; echo >&2; exit 3";
      const error = await failure(exec("sh", ["-c", script, "secret"], { env: path }));
      assert.equal(error.exitCode, 3);
      assert.equal(error.message, "sh ended with exit code 3: line 30");
      assert.equal(error.stderr.length, 20);
      assert.equal(error.stderr[0], "line 11");
      assert.deepEqual(error.args, ["-c", script, "secret"]);
    });

    it("has them also where standard error was passed on", async () => {
      const stderr = collector();
      assert.deepEqual((await failure(sh("echo why >&2; exit 1", { stderr }))).stderr, ["why"]);
      assert.equal(stderr.text, "why\n");
    });

    it("keeps little of a standard error without end", async () => {
      const error = await failure(sh("head -c 5000000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 1"));
      assert.equal(error.stderr.at(-1)?.endsWith("xend"), true);
      assert((error.stderr[0]?.length ?? 0) < 10_000);
    });

    it("says when it cannot be started", async () => {
      const missing = await failure(exec("no-such-program", [], { env: path }));
      assert.match(missing.message, /could not be started: .*ENOENT/);
      assert.equal(missing.exitCode, undefined);
      assert.match((await failure(exec("true", ["a\0b"], { env: path }))).message, /could not be started/);
      assert.match((await failure(exec("true", [], { env: path, cwd: "/no/such/folder" }))).message, /ENOENT/);
      assert.match((await failure(exec("/etc", [], { env: path }))).message, /EACCES/);
      assert.match((await failure(exec("true", ["x".repeat(3_000_000)], { env: path }))).message, /E2BIG/);
    });

    it("says when it was killed from outside", async () => {
      assert.equal((await failure(sh("kill -9 $$"))).message, "sh was killed by SIGKILL");
    });
  });

  describe("abort", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "berth-exec-"));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    /** Runs a script that says when it is ready, aborts, and gives back the pid it wrote. */
    async function aborted(script: string, killAfterMs: number): Promise<number> {
      const controller = new AbortController();
      const reason = new Error("the client has gone");
      const stdout = collector();
      const running = sh(script, { stdout, cwd: folder, signal: controller.signal, killAfterMs });
      const rejected = assert.rejects(running, reason);
      while (!stdout.text.includes("ready")) await new Promise((resolve) => stdout.once("data", resolve));
      controller.abort(reason);
      await rejected;
      return Number(readFileSync(join(folder, "pid"), "utf8"));
    }

    it("starts nothing when it came before", async () => {
      const reason = new Error("too late");
      await assert.rejects(exec("no-such-program", [], { env: path, signal: AbortSignal.abort(reason) }), reason);
    });

    it("ends the program with what it started", async () => {
      const pid = await aborted("sleep 300 & echo $! >pid; echo ready; wait", 60_000);
      assert.equal(runs(pid), false);
    });

    it("lets it clean up first", async () => {
      await aborted(
        // Ready is said by the child itself: a signal between its fork and its exec would be lost.
        "trap 'sleep 0.2; echo cleaned >cleaned; exit' TERM; echo $$ >pid; perl -e '$|=1; print qq(ready\n); sleep 300' & wait",
        60_000,
      );
      assert.equal(readFileSync(join(folder, "cleaned"), "utf8"), "cleaned\n");
    });

    it("kills one that does not listen", async () => {
      const pid = await aborted("trap '' TERM; echo $$ >pid; echo ready; while :; do sleep 0.05; done", 100);
      assert.equal(runs(pid), false);
    });

    it("does not wait for one that has left and holds the output", async () => {
      const pid = await aborted("trap '' TERM; setsid sleep 300 & echo $! >pid; echo ready; sleep 300", 100);
      assert(runs(pid));
      process.kill(pid, "SIGKILL");
    });

    it("leaves no listener behind on a signal that lives on", async () => {
      const { signal } = new AbortController();
      for (let count = 0; count < 15; count++) await exec("true", [], { env: path, signal });
      assert.equal(getEventListeners(signal, "abort").length, 0);
    });
  });
});
