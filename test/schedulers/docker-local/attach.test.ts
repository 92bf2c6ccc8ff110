import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { after, before, suite, test } from "node:test";
import { labels } from "../../../src/docker/labels.ts";
import type { RunIo, TerminalSize } from "../../../src/schedulers/scheduler.ts";
import { runIo, runSpec, until } from "../contract.ts";
import { type DockerHarness, dockerHarness } from "./harness.ts";

suite("One-off dynos in Docker", { concurrency: 4 }, () => {
  let harness: DockerHarness;
  before(async () => {
    harness = await dockerHarness();
  });
  after(async () => {
    const left = await harness.engine.containers.list({ [labels.instance]: harness.instance });
    await harness.dispose();
    assert.deepEqual(left, [], "every one-off dyno is removed");
  });

  function attach(words: readonly string[], io: RunIo): Promise<number> {
    return harness.scheduler.attach(runSpec(harness, words), io);
  }

  function terminal(size: TerminalSize = { columns: 80, rows: 24 }) {
    const listeners = new Set<(size: TerminalSize) => void>();
    return {
      name: "xterm-256color",
      size,
      onResize: (listener: (size: TerminalSize) => void) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      resize: (to: TerminalSize) => {
        for (const listener of listeners) listener(to);
      },
      listeners,
    };
  }

  test("words reach the process as they are", async () => {
    const words = ["printf", "<%s>", "a b", "", "$HOME", "'q'", "-n", "x\ny"];
    const { io, stdout } = runIo("");
    assert.equal(await attach(words, io), 0);
    assert.equal(stdout(), "<a b><><$HOME><'q'><-n><x\ny>");
  });

  test("what it leaves behind becomes an image where that is asked for, without its config vars", async () => {
    const { engine, instance } = harness;
    const saveAs = `berth-${instance}/kept:1`;
    const config = { SECRET: "from-config" };
    const command = ["bash", "-c", 'echo "$SECRET" >/app/left'];
    assert.equal(await harness.scheduler.attach({ ...runSpec(harness, command), config, saveAs }, runIo("").io), 0);
    try {
      const { io, stdout } = runIo("");
      const look = ["bash", "-c", "cat /app/left; printenv SECRET || echo unset"];
      assert.equal(await harness.scheduler.attach({ ...runSpec(harness, look), image: saveAs }, io), 0);
      assert.equal(stdout(), "from-config\nunset\n");
      const [before, after] = [await engine.images.inspect(harness.image), await engine.images.inspect(saveAs)];
      assert.deepEqual([after?.command, after?.entrypoint], [before?.command, before?.entrypoint]);
    } finally {
      await engine.images.remove(saveAs);
    }
  });

  test("both outputs are kept apart without a terminal", async () => {
    const { io, stdout, stderr } = runIo("");
    assert.equal(await attach(["bash", "-c", "echo out; echo err >&2; exit 5"], io), 5);
    assert.deepEqual([stdout(), stderr()], ["out\n", "err\n"]);
  });

  test("with a terminal it has its name and size, and follows it", async () => {
    const tty = terminal({ columns: 101, rows: 33 });
    const { io, stdout, stdin } = runIo();
    const script = 'read -r _; echo "$TERM $(stty size)"; read -r _; stty size; [ -t 0 ] && exit 9';
    const code = attach(["bash", "-c", script], { ...io, terminal: tty });
    await until(() => tty.listeners.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    stdin.write("\r");
    await until(() => stdout().includes("xterm-256color 33 101"));
    tty.resize({ columns: 55, rows: 11 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    stdin.write("\r");
    assert.equal(await code, 9);
    assert.match(stdout(), /11 55/);
    assert.equal(tty.listeners.size, 0, "it unsubscribed");
  });

  const ended: [what: string, input: string, command: string[], output: RegExp][] = [
    ["prints what comes later", "", ["bash", "-c", "sleep 0.5; echo hello"], /hello\r\n$/],
    ["ends every read", "", ["bash", "-c", "cat; cat; read -r x; echo done"], /done\r\n$/],
    ["hands over lines before it", "one\ntwo\n", ["bash", "-c", "sleep 0.2; cat | wc -l"], /\b2\r\n$/],
    ["hands over a line without an end", "begun", ["bash", "-c", 'read -r x; echo "<$x>"'], /<begun>\r\n$/],
    ["ends a shell after its commands", "echo $((6 * 7))\n", ["bash", "-i"], /42\r\n[\s\S]*exit\r\n/],
    [
      "ends a program that flushes typed input",
      "",
      ["bash", "-c", "sleep 0.2; read -rs x; stty -icanon; stty icanon; cat; echo done"],
      /done\r\n$/,
    ],
  ];
  for (const [what, input, command, output] of ended) {
    test(`the end of input on a terminal ${what}`, async () => {
      const { io, stdout } = runIo(input);
      assert.equal(await attach(command, { ...io, terminal: terminal() }), 0);
      assert.match(stdout(), output);
    });
  }

  test("Ctrl-C on a terminal reaches the process", async () => {
    const { io, stdout, stdin } = runIo();
    const code = attach(["bash", "-c", "trap 'exit 6' INT; echo ready; while true; do sleep 0.1; done"], {
      ...io,
      terminal: terminal(),
    });
    await until(() => stdout().includes("ready"));
    stdin.write("\x03");
    assert.equal(await code, 6);
  });

  test("a shell on a terminal ends when its caller hangs up", async () => {
    const stop = new AbortController();
    const { io, stdout } = runIo(undefined, stop.signal);
    const attached = attach(["bash", "-i"], { ...io, terminal: terminal() });
    await until(() => stdout().length > 0);
    const begin = Date.now();
    stop.abort(new Error("hung up"));
    await assert.rejects(attached, /hung up/);
    assert.ok(Date.now() - begin < 1_900, "it had to be killed");
  });

  test("a caller who was gone before runs nothing", async () => {
    const { io } = runIo("", AbortSignal.abort(new Error("gone")));
    await assert.rejects(attach(["true"], io), /gone/);
  });

  test("megabytes go in and out unharmed through a slow reader", async () => {
    const size = 5_000_000;
    const { io, stdin } = runIo();
    let seen = 0;
    const slow = new PassThrough({ highWaterMark: 1024 });
    const read = (async () => {
      for await (const chunk of slow) {
        if (seen === 0) await new Promise((resolve) => setTimeout(resolve, 300));
        seen += (chunk as Buffer).length;
      }
    })();
    stdin.end(Buffer.alloc(size, "x"));
    assert.equal(await attach(["cat"], { ...io, stdout: slow }), 0);
    slow.end();
    await read;
    assert.equal(seen, size);
  });

  test("a caller who stops reading does not hold up the process", async () => {
    const { io } = runIo("");
    const closed = new PassThrough();
    closed.on("error", () => {});
    closed.destroy();
    assert.equal(await attach(["bash", "-c", "seq 100000; exit 4"], { ...io, stdout: closed }), 4);
  });

  test("a command that is not there ends with the shell's code", async () => {
    const { io } = runIo("");
    assert.equal(await attach(["no-such-program"], io), 127);
  });

  test("one that is removed by somebody else ends with an error, not for ever", async () => {
    const { io, stdout } = runIo();
    const spec = runSpec(harness, ["bash", "-c", "echo ready; sleep infinity"]);
    const attached = harness.scheduler.attach(spec, io);
    const settled = attached.then(
      (code) => code !== 0,
      () => true,
    );
    await until(() => stdout() === "ready\n");
    const [container] = await harness.engine.containers.list({ [labels.app]: spec.app });
    await harness.engine.containers.remove(container?.id ?? "");
    assert.ok(await settled);
  });

  test("a missing image is the user's to mend, and nothing is left", async () => {
    const { io } = runIo("");
    const spec = { ...runSpec(harness, ["true"]), image: "berth-test/missing:1" };
    await assert.rejects(harness.scheduler.attach(spec, io), { code: "image-missing" });
  });
});
