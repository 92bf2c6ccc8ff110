import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { finished, pipeline } from "node:stream/promises";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
// As in the daemon, where the Docker client has loaded ssh2 for itself before.
import "../../src/docker/dockerode.ts";
import type { Client, ClientChannel } from "ssh2";
import type { Execute, Session } from "../../src/commands/session.ts";
import { ssh2 } from "../../src/ssh/library.ts";
import { runProcess, type SshHost, startSshHost } from "../helpers/ssh-host.ts";

/** What the fake commands do: the first word says. */
const commands: Record<string, (words: readonly string[], session: Session) => Promise<number>> = {
  words: async (words, { stdout }) => {
    stdout.write(JSON.stringify(words.slice(1)));
    return 0;
  },
  help: async (_words, { stdout }) => {
    stdout.write("the help\n");
    return 0;
  },
  whoami: async (_words, { stdout, actor, local }) => {
    stdout.write(`${actor} ${local}`);
    return 0;
  },
  code: async (words) => Number(words[1]),
  both: async (_words, { stdout, stderr }) => {
    for (let round = 0; round < 200; round++) {
      stdout.write("o".repeat(40_000));
      stderr.write("e".repeat(40_000));
    }
    return 7;
  },
  echo: async (_words, { stdin, stdout }) => {
    await pipeline(stdin, stdout);
    return 0;
  },
  // Ends without looking at its input, which the client still sends.
  deaf: async (_words, { stdin }) => {
    stdin.destroy();
    return 4;
  },
  terminal: async (_words, { terminal, stdout }) => {
    stdout.write(JSON.stringify(terminal === undefined ? null : { name: terminal.name, ...terminal.size }));
    return 0;
  },
  lines: async (_words, { stdout }) => {
    stdout.write("one\ntwo\r\n");
    return 0;
  },
  raw: async (_words, { terminal, stdin, stdout }) => {
    terminal?.onResize(() => undefined);
    stdout.write("ready\n");
    const [bytes] = (await once(stdin, "data")) as [Buffer];
    stdout.write(bytes.toString("hex"));
    return 0;
  },
  ask: async (_words, { stdin, stdout }) => {
    stdout.write("name? ");
    const [line] = (await once(stdin, "data")) as [Buffer];
    stdout.write(JSON.stringify(line.toString()));
    return 0;
  },
  wait: async (_words, { signal, stdout }) => {
    waiting += 1;
    stdout.write("waiting\n");
    if (!signal.aborted) await once(signal, "abort");
    waiting -= 1;
    stdout.write("cancelled\n");
    return 130;
  },
  // Says something after its input has ended.
  late: async (_words, { stdin, stdout }) => {
    await finished(stdin.resume(), { writable: false });
    await sleep(50);
    stdout.write("late\n");
    return 3;
  },
  boom: async () => {
    throw new Error("a secret path");
  },
};
let waiting = 0;
const execute: Execute = async (words, session) => {
  const command = commands[words[0] ?? ""];
  if (command === undefined) throw new Error(`no fake for ${words[0]}`);
  return await command(words, session);
};

describe("commands over ssh", { concurrency: 4 }, () => {
  let host: SshHost;
  before(async () => {
    host = await startSshHost({ execute });
  });
  after(async () => {
    await host[Symbol.asyncDispose]();
    assert.deepEqual(host.problems, []);
  });

  const wordsOf = async (line: string): Promise<unknown> => {
    const { stdout, stderr } = await host.ssh([line]);
    return stdout === "" ? stderr : JSON.parse(stdout);
  };

  test("words reach the command as they were quoted", async () => {
    assert.deepEqual(await wordsOf("words logs app -n 5 -e"), ["logs", "app", "-n", "5", "-e"]);
    assert.deepEqual(await wordsOf(`words a='x  y' "b c"=d e\\ f`), ["a=x  y", "b c=d", "e f"]);
    assert.deepEqual(await wordsOf(`words '' "" x`), ["", "", "x"]);
    assert.deepEqual(await wordsOf("words 'two\nlines' \"and\nhere\""), ["two\nlines", "and\nhere"]);
    assert.deepEqual(await wordsOf(`words 'double"quotes' "single'quote" \\' \\"`), [
      'double"quotes',
      "single'quote",
      "'",
      '"',
    ]);
    assert.deepEqual(await wordsOf("words $HOME `id` $(id) ; rm -rf / && x | y > z * ~"), [
      ..."$HOME `id` $(id) ; rm -rf / && x | y > z * ~".split(" "),
    ]);
    assert.deepEqual(await wordsOf("words schöne Grüße 日本"), ["schöne", "Grüße", "日本"]);
  });

  test("a quote without end is one clear line and exit code 2", async () => {
    const { code, stderr, stdout } = await host.ssh(["words 'a b"]);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^ ! {5}The command could not be read: the quote ' has no end\n/);
  });

  for (const cipher of ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr"]) {
    test(`takes commands of up to 256 kB with ${cipher}, also after new keys`, async () => {
      const options = ["-o", `Ciphers=${cipher}`, "-o", "RekeyLimit=100K"];
      for (const size of [34_900, 35_100, 70_000, 262_000]) {
        const { stdout, code } = await host.ssh(longCommand("words", size), { options });
        assert.equal(code, 0);
        assert.equal((JSON.parse(stdout) as string[]).join("").length, size);
      }
    });
  }

  test("answers a longer command on its own channel, and leaves others on the connection alone", async () => {
    const client = await connect(host);
    const before = waiting;
    const other = executeOn(client, "wait");
    for (let tries = 0; waiting === before && tries < 200; tries++) await sleep(20);
    const { code, stderr } = await executeOn(client, `words ${"x".repeat(3_000_000)}`);
    assert.equal(code, 2);
    assert.match(stderr, /^ ! {5}The command is too long: 3000006 bytes, 262144 are allowed\n/);
    assert.equal((await executeOn(client, "code 3")).code, 3);
    assert.equal(waiting, before + 1);
    client.end();
    await other;
  });

  test("refuses a long variable and takes the command behind it", async () => {
    const options = ["-o", `SetEnv=GIT_PROTOCOL=${"x".repeat(100_000)}`];
    assert.equal((await host.ssh(["code 5"], { options })).code, 5);
  });

  test("says why it closes a connection that sends more than it can take", async () => {
    const stranger = new ssh2.Client();
    const refused = once(stranger, "error");
    stranger.connect({ host: "127.0.0.1", port: host.port, username: "x".repeat(40_000) });
    assert.match(((await refused) as [Error])[0].message, /A packet of 400\d{2} bytes is too long/);
    const client = await connect(host);
    const failed = once(client, "error");
    client.exec(`words ${"x".repeat(5_000_000)}`, () => undefined);
    const [error] = (await failed) as [Error];
    assert.match(error.message, /A packet of 5000\d{3} bytes is too long/);
  });

  test("flags before the command reach it as Dokku's client sends them", async () => {
    const sent = ["--quiet", "--app", "shop", "config:set", "K=V"];
    const own = await startSshHost({
      execute: async (words, { stdout }) => {
        stdout.write(JSON.stringify(words));
        return 0;
      },
    });
    for (const options of [[], ["-t"], ["-tt"]]) {
      assert.deepEqual(JSON.parse((await own.ssh(["--", ...sent], { options })).stdout), sent);
    }
    await own[Symbol.asyncDispose]();
  });

  test("no command means help", async () => {
    assert.deepEqual(await host.ssh([]), { code: 0, signal: null, stdout: "the help\n", stderr: "" });
    assert.equal((await host.ssh(["  "])).stdout, "the help\n");
  });

  test("the name of the key is the actor, whatever the user name", async () => {
    assert.equal((await host.ssh(["whoami"])).stdout, "alice false");
  });

  test("exit codes arrive", async () => {
    for (const code of [0, 1, 20, 137, 255]) assert.equal((await host.ssh([`code ${code}`])).code, code);
  });

  test("output is complete on both streams, however much there is", async () => {
    const { code, stdout, stderr } = await host.ssh(["both"]);
    assert.equal(code, 7);
    assert.equal(stdout, "o".repeat(8_000_000));
    assert.equal(stderr, "e".repeat(8_000_000));
  });

  test("input of any size goes through, both ways at once", async () => {
    const input = randomBytes(6_000_000);
    const child = spawn("ssh", [...host.sshOptions(["-i", host.keyFile]), "x@127.0.0.1", "echo"], {
      env: { PATH: "/usr/bin" },
    });
    const hash = createHash("sha256");
    child.stdout.on("data", (chunk: Buffer) => hash.update(chunk));
    child.stdin.end(input);
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, 0);
    assert.equal(hash.digest("hex"), createHash("sha256").update(input).digest("hex"));
  });

  test("a command that does not read its input still ends with its code", async () => {
    assert.equal((await host.ssh(["deaf"], { input: randomBytes(3_000_000) })).code, 4);
    assert.equal((await host.ssh(["code 6"], { input: randomBytes(3_000_000) })).code, 6);
  });

  test("a bug becomes a short line with an id, and the reason goes to the log", async () => {
    const own = await startSshHost({ execute });
    const { code, stderr } = await own.ssh(["boom"]);
    const id = /^ ! {5}Something went wrong inside Berth; its log has the reason under ([0-9a-f]{8})\n$/.exec(
      stderr,
    )?.[1];
    assert.equal(code, 1);
    assert.ok(id !== undefined && own.problems.some((line) => line.includes(id) && line.includes("a secret path")));
    await own[Symbol.asyncDispose]();
  });

  test("a terminal has the client's type and size", async () => {
    const { stdout } = await host.ssh(["terminal"], { options: ["-tt"], input: "" });
    const terminal = JSON.parse(stdout) as { name: string; columns: number; rows: number };
    assert.ok(terminal.columns > 0 && terminal.rows > 0);
    assert.equal((await host.ssh(["terminal"])).stdout, "null");
  });

  test("lines on a terminal end with a carriage return too, unless the program does that itself", async () => {
    assert.equal((await host.ssh(["lines"], { options: ["-tt"], input: "" })).stdout, "one\r\ntwo\r\n");
    assert.equal((await host.ssh(["lines"])).stdout, "one\ntwo\r\n");
  });

  test("output after the end of input arrives, with a terminal or without", async () => {
    assert.deepEqual(await host.ssh(["late"], { options: ["-tt"], input: "" }), {
      ...{ code: 3, signal: null, stdout: "late\r\n" },
      stderr: "",
    });
    assert.equal((await host.ssh(["late"], { input: "" })).stdout, "late\n");
    assert.equal((await host.ssh(["late"], { input: "\x04", options: ["-tt"] })).code, 3);
  });

  test("Ctrl-C in a terminal cancels a command that leaves the terminal to us", async () => {
    const { code, stdout } = await typeInto(host, "wait", /waiting/, "\x03");
    assert.equal(code, 130);
    assert.match(stdout, /\^C\r\n/);
  });

  test("Ctrl-C is a byte for a command that takes the terminal", async () => {
    const { code, stdout } = await typeInto(host, "raw", /ready/, "\x03\r");
    assert.equal(code, 0);
    assert.match(stdout, /030d$/);
  });

  test("a question on a terminal shows what is typed and lets it be corrected", async () => {
    const { stdout } = await typeInto(host, "ask", /name\?/, "myy\x7f-app\r");
    assert.equal(stdout, 'name? myy\b \b-app\r\n"my-app\\n"');
  });

  test("a client that goes away cancels its command", async () => {
    const child = spawn("ssh", [...host.sshOptions(["-i", host.keyFile]), "x@127.0.0.1", "wait"], {
      env: { PATH: "/usr/bin" },
    });
    await once(child.stdout, "data");
    const before = waiting;
    child.kill("SIGKILL");
    for (let tries = 0; waiting === before && tries < 200; tries++) await sleep(20);
    assert.equal(waiting, before - 1);
  });

  test("many commands share one connection", async () => {
    const master = ["-o", `ControlPath=${host.folder}/mux`, "-o", "ControlMaster=auto", "-o", "ControlPersist=5"];
    assert.equal((await host.ssh(["code 0"], { options: master })).code, 0);
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) => host.ssh([`words ${index}`], { options: master })),
    );
    assert.deepEqual(
      results.map(({ stdout }) => stdout),
      results.map((_, index) => `["${index}"]`),
    );
    await runProcess("ssh", [...master, ...host.sshOptions(), "-O", "exit", "anyone@127.0.0.1"]);
  });
});

test("stopping waits for commands, then cancels them and still says their code", async () => {
  await using host = await startSshHost({ execute });
  const done = host.ssh(["wait"]);
  for (let tries = 0; waiting === 0 && tries < 200; tries++) await sleep(20);
  await host.server.stop(100);
  const { code, stdout } = await done;
  assert.equal(code, 130);
  assert.equal(stdout, "waiting\ncancelled\n");
});

/** Words of `size` bytes in all, none longer than the kernel takes as one argument. */
function longCommand(name: string, size: number): string[] {
  const words = Array.from({ length: Math.ceil(size / 100_000) }, (_, index) =>
    "x".repeat(Math.min(100_000, size - index * 100_000)),
  );
  return [name, ...words];
}

/** A client that, unlike ssh, sends commands longer than the kernel takes as arguments. */
async function connect(host: SshHost): Promise<Client> {
  const client = new ssh2.Client();
  client.connect({ host: "127.0.0.1", port: host.port, username: "x", privateKey: await readFile(host.keyFile) });
  await once(client, "ready");
  return client;
}

async function executeOn(client: Client, command: string): Promise<{ code: number; stderr: string }> {
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec(command, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  let stderr = "";
  channel.resume().stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(channel, "close")) as [number];
  return { code, stderr };
}

async function typeInto(host: SshHost, command: string, prompt: RegExp, keys: string) {
  const child = spawn("ssh", ["-tt", ...host.sshOptions(["-i", host.keyFile]), "x@127.0.0.1", command], {
    env: { PATH: "/usr/bin", TERM: "xterm" },
  });
  let stdout = "";
  let typed = false;
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    if (!typed && prompt.test(stdout)) {
      typed = true;
      child.stdin.write(keys);
    }
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout };
}
