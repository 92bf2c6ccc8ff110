import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished as streamEnd } from "node:stream/promises";
import { after, describe, test } from "node:test";
import { frame, fromServer } from "../../src/cli/protocol.ts";
import type { Execute, Session } from "../../src/commands/session.ts";
import { UserError } from "../../src/model/errors.ts";
import { client, type Door, finished, inTerminal, main, openDoor, shell, shown, startClient } from "./harness.ts";

const doors: Door[] = [];
after(() => Promise.all(doors.map((door) => door.stop())));

async function door(execute: Execute): Promise<string> {
  const opened = await openDoor(execute);
  doors.push(opened);
  return opened.root;
}

function untilAborted({ signal }: Session): Promise<number> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(130)));
}

describe("the local client", () => {
  test("hands over every word as it is, and gives back both outputs and the exit code", async () => {
    const seen: (readonly string[])[] = [];
    const root = await door(async (words, { stdout, stderr, actor, local, terminal }) => {
      seen.push(words);
      stdout.write("out\n");
      stderr.write("err\n");
      assert.deepEqual([actor, local, terminal], ["local", true, undefined]);
      return 42;
    });
    const words = ["config:set", "a b", "", "q\"u'o\\te", "line\nend", "--", "-x", "ünï", "--root", "stays"];
    const { code, stdout, stderr } = await client(root, words);
    assert.deepEqual({ code, stdout, stderr }, { code: 42, stdout: "out\n", stderr: "err\n" });
    assert.deepEqual(seen, [words]);
  });

  test("ends at once although its standard input stays open", async () => {
    const root = await door(async () => 0);
    const child = startClient(root, ["x"]);
    const [code] = await once(child, "exit");
    child.stdin?.destroy();
    assert.equal(code, 0);
  });

  test("leaves standard input that no command reads to whoever comes after it", async () => {
    const root = await door(async () => 0);
    assert.equal((await shell(root, "printf 'a\\nb\\n' | { $berth noop; cat; }")).stdout, "a\nb\n");
  });

  test("passes 20 MB in and out without losing a byte", async () => {
    const root = await door(async (_, { stdin, stdout }) => {
      stdin.pipe(stdout, { end: false });
      await streamEnd(stdin);
      return 0;
    });
    const data = randomBytes(20 * 1024 * 1024);
    const child = startClient(root, ["echo"]);
    const hash = createHash("sha256");
    child.stdout?.on("data", (piece) => hash.update(piece));
    child.stdin?.end(data);
    const [code] = await once(child, "close");
    assert.equal(code, 0);
    assert.equal(hash.digest("hex"), createHash("sha256").update(data).digest("hex"));
  });

  test("slows the command down when its own reader is slow", async () => {
    let written = 0;
    const total = 64 * 1024 * 1024;
    const stalled = Promise.withResolvers<void>();
    const root = await door(async (_, { stdout }) => {
      const piece = Buffer.alloc(64 * 1024, "x");
      while (written < total) {
        written += piece.length;
        if (!stdout.write(piece)) {
          const timer = setTimeout(() => stalled.resolve(), 300);
          await once(stdout, "drain");
          clearTimeout(timer);
        }
      }
      return 0;
    });
    const child = startClient(root, ["flood"]);
    await stalled.promise;
    assert.ok(written < 8 * 1024 * 1024, `${written} bytes were taken from the command`);
    let read = 0;
    child.stdout?.on("data", (piece: Buffer) => {
      read += piece.length;
    });
    await once(child, "close");
    assert.equal(read, total);
  });

  test("stops the command quietly when its reader has gone", async () => {
    const aborted = Promise.withResolvers<void>();
    const root = await door(async (_, session) => {
      session.signal.addEventListener("abort", () => aborted.resolve());
      while (!session.signal.aborted) {
        if (!session.stdout.write("line\n".repeat(1000))) await once(session.stdout, "drain");
      }
      return 0;
    });
    const { stdout, stderr } = await shell(root, "$berth logs | head -n 1");
    assert.deepEqual([stdout, stderr], ["line\n", ""]);
    await aborted.promise;
  });

  test("stops the command on Ctrl-C and waits for its end", async () => {
    const root = await door(async (_, session) => {
      session.stdout.write("ready\n");
      const code = await untilAborted(session);
      session.stdout.write("tidied up\n");
      return code;
    });
    const child = startClient(root, ["logs"]);
    const ready = shown(child.stdout, "ready");
    const end = finished(child);
    await ready;
    child.kill("SIGINT");
    assert.deepEqual(await end.then(({ code, stdout }) => [code, stdout]), [130, "ready\ntidied up\n"]);
  });

  test("does not wait any more on the second Ctrl-C", async () => {
    const aborted = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const root = await door(async (_, session) => {
      session.signal.addEventListener("abort", () => aborted.resolve());
      session.stdout.write("ready\n");
      await release.promise;
      return 0;
    });
    const child = startClient(root, ["logs"]);
    await shown(child.stdout, "ready");
    child.kill("SIGINT");
    await aborted.promise;
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    child.stdin?.destroy();
    release.resolve();
    assert.equal(code, 130);
  });

  test("stops the command when it is killed", async () => {
    const aborted = Promise.withResolvers<void>();
    const root = await door(async (_, session) => {
      session.stdout.write("ready\n");
      await untilAborted(session);
      aborted.resolve();
      return 0;
    });
    const child = startClient(root, ["logs"]);
    await shown(child.stdout, "ready");
    child.kill("SIGKILL");
    await aborted.promise;
    child.stdin?.destroy();
  });

  test("reads a file on the caller's side, from the caller's folder", async () => {
    const root = await door(async ([path = ""], { stdout, stderr, readFile }) => {
      try {
        stdout.write((await readFile?.(path)) ?? "");
      } catch (error) {
        assert.ok(error instanceof UserError);
        stderr.write(error.message);
      }
      return 0;
    });
    await writeFile(join(root, "key.pub"), "ssh-ed25519 AAAA");
    const child = startClient(root, ["key.pub"], { cwd: root });
    assert.equal((await finished(child)).stdout, "ssh-ed25519 AAAA");
    assert.equal((await client(root, ["/none"])).stderr, "Cannot read /none: it does not exist");
    assert.match((await client(root, ["/tmp"])).stderr, /^Cannot read \/tmp: EISDIR/);
  });
});

describe("the local client in a terminal", () => {
  test("tells its name and size, and leaves it as it was", async () => {
    const root = await door(async (_, { terminal, stdout }) => {
      stdout.write(`${terminal?.name} ${terminal?.size.columns}x${terminal?.size.rows}\n`);
      return 3;
    });
    const { stdout } = await finished(inTerminal(root, "x"));
    assert.match(stdout, /^vt220 91x17\r\ncode 3\r\n/);
    assert.match(stdout, / icanon /);
  });

  test("turns Ctrl-C into a stop", async () => {
    const root = await door((_, session) => {
      session.stdout.write("ready\n");
      return untilAborted(session);
    });
    const child = inTerminal(root, "logs");
    const ready = shown(child.stdout, "ready");
    const end = finished(child);
    await ready;
    child.stdin?.write("\x03");
    assert.match((await end).stdout, /\^Ccode 130\r\n/);
  });

  test("hands over each key, Ctrl-C too, while a command listens for the size", async () => {
    const root = await door(async (_, { terminal, stdin, stdout }) => {
      const stop = terminal?.onResize(() => undefined);
      stdout.write("ready\r\n");
      let keys = "";
      for await (const piece of stdin) {
        keys += piece;
        if (keys.endsWith("q")) break;
      }
      stop?.();
      stdout.write(`${JSON.stringify(keys)}\n`);
      return 0;
    });
    const child = inTerminal(root, "run");
    const ready = shown(child.stdout, "ready");
    const end = finished(child);
    await ready;
    child.stdin?.write("a\x03\rq");
    const { stdout } = await end;
    assert.match(stdout, /^ready\r\n"a\\u0003\\rq"\r\ncode 0\r\n/);
    assert.match(stdout, / icanon /);
  });

  test("leaves it as it was although the daemon goes away", async () => {
    const root = await mkdtemp(join(tmpdir(), "berth-cli-"));
    await mkdir(join(root, "run"));
    const sockets: Socket[] = [];
    const daemon = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.write(frame(fromServer.raw));
      socket.write(frame(fromServer.output, "ready\n"));
    });
    daemon.listen(join(root, "run", "command.sock"));
    await once(daemon, "listening");
    const child = inTerminal(root, "run");
    const ready = shown(child.stdout, "ready");
    const end = finished(child);
    await ready;
    for (const socket of sockets) socket.destroy();
    const { stdout } = await end;
    daemon.close();
    await rm(root, { recursive: true });
    // No "\r" after "ready": what is printed in raw mode is left alone.
    assert.match(stdout, /^ready\n ! {5}The connection to Berth was lost.*\r\ncode 1\r\n/);
    assert.match(stdout, / icanon /);
    assert.match(stdout, /\nopost /);
  });
});

describe("without a daemon", () => {
  test("the client says what to do", async () => {
    const { code, stderr } = await client("/nonexistent/root", ["apps:list"]);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      " !     Berth is not running on /nonexistent/root: start it with 'berth serve --root /nonexistent/root'\n",
    );
  });

  test("help and version are there all the same", async () => {
    for (const words of [[], ["help"], ["--help"], ["apps:help"], ["apps:create", "--help"], ["serve", "--help"]]) {
      const { code, stdout } = await client("/nonexistent", words);
      assert.equal(code, 0, words.join(" "));
      assert.match(stdout, /^Usage: berth /);
    }
    assert.match((await client("/nonexistent", ["--version"])).stdout, /^berth version \d+\.\d+\.\d+\n$/);
  });

  test("a wrong setting of serve is one clear line", async () => {
    const { code, stderr } = await client("/nonexistent", ["serve", "--ssh-port", "x"]);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      " !     ssh-port on the command line (--ssh-port) is 'x': allowed is a port number from 0 to 65535 (0: any free port)\n",
    );
  });

  test("somebody else than the owner is told who may give commands", {
    skip: process.getuid?.() === 0 ? false : "only root can become somebody else",
  }, async () => {
    const root = await door(async () => 0);
    const node = process.execPath;
    const child = startClient(root, []);
    child.kill();
    const { spawn } = await import("node:child_process");
    const stranger = spawn(node, [main, "--root", root, "apps:list"], { uid: 65534, gid: 65534, cwd: "/" });
    stranger.stdin.end();
    const { code, stderr } = await finished(stranger);
    assert.equal(code, 1);
    assert.match(stderr, /^ ! {5}You may not give commands to Berth on .*\n ! {5}Run it as root, or as the user/);
  });
});

describe("src/main.ts", () => {
  test("finds the Node that was installed with it, through links and with an old node on the PATH", async () => {
    const folder = await mkdtemp(join(tmpdir(), "berth-main-"));
    try {
      await mkdir(join(folder, "bin"));
      await writeFile(join(folder, "bin", "node"), "#!/bin/sh\necho too old >&2\nexit 9\n", { mode: 0o755 });
      await symlink(main, join(folder, "berth"));
      const { spawn } = await import("node:child_process");
      const child = spawn(join(folder, "berth"), ["version"], { env: { PATH: `${folder}/bin:/usr/bin:/bin` } });
      assert.match((await finished(child)).stdout, /^berth version/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
