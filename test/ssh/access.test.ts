import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import pino from "pino";
import { loadHostKeys } from "../../src/ssh/host-keys.ts";
import { ssh2 } from "../../src/ssh/library.ts";
import { connectionLimits } from "../../src/ssh/limits.ts";
import { findAddresses } from "../helpers/fail2ban.ts";
import { runProcess, type SshHost, startSshHost } from "../helpers/ssh-host.ts";

const run = promisify(execFile);
const verbose = ["-o", "LogLevel=INFO"];
const sayActor = async (
  _words: readonly string[],
  { stdout, actor }: { stdout: NodeJS.WritableStream; actor: string },
) => {
  stdout.write(actor);
  return 0;
};

describe("who may log in", { concurrency: 3 }, () => {
  let host: SshHost;
  before(async () => {
    host = await startSshHost({ execute: sayActor });
  });
  after(() => host[Symbol.asyncDispose]());

  for (const [type, bits] of [
    ["ed25519"],
    ["ecdsa", 256],
    ["ecdsa", 384],
    ["ecdsa", 521],
    ["rsa", 2048],
    ["rsa", 4096],
  ] as const) {
    test(`a key of type ${type} ${bits ?? ""} that was added`, async () => {
      const key = await host.addKey(type, `bob-${type}-${bits}`, bits);
      assert.equal((await host.ssh(["x"], { key })).stdout, `bob-${type}-${bits}`);
    });
  }

  test("not a key that was not added", async () => {
    const key = await host.addKey("ed25519", undefined);
    const { code, stderr } = await host.ssh(["x"], { key });
    assert.equal(code, 255);
    assert.match(stderr, /Permission denied \(publickey\)/);
  });

  test("not one who has only the public half", async () => {
    const stranger = await host.addKey("ed25519", undefined);
    const impostor = join(host.folder, "impostor");
    await writeFile(impostor, await readFile(stranger), { mode: 0o600 });
    await writeFile(`${impostor}.pub`, await readFile(`${host.keyFile}.pub`));
    assert.equal((await host.ssh(["x"], { key: impostor })).code, 255);
  });

  test("not by password or by keyboard", async () => {
    for (const method of ["password", "keyboard-interactive", "none"]) {
      const { code, stderr } = await host.ssh(["x"], { options: ["-o", `PreferredAuthentications=${method}`] });
      assert.equal(code, 255);
      assert.match(stderr, /Permission denied|No more authentication methods/);
    }
  });

  test("not with an RSA signature over SHA-1", async () => {
    const key = await host.addKey("rsa", "old", 2048);
    const options = ["-o", "PubkeyAcceptedAlgorithms=ssh-rsa"];
    assert.equal((await host.ssh(["x"], { key, options })).code, 255);
  });
});

const audit = (await has("ssh-audit")) ? false : "ssh-audit is not installed";

describe("what may be agreed on", { concurrency: 3 }, () => {
  let host: SshHost;
  before(async () => {
    host = await startSshHost({ execute: sayActor });
  });
  after(() => host[Symbol.asyncDispose]());

  for (const option of [
    "KexAlgorithms=diffie-hellman-group1-sha1",
    "KexAlgorithms=diffie-hellman-group14-sha1",
    "KexAlgorithms=diffie-hellman-group-exchange-sha1",
    "KexAlgorithms=ecdh-sha2-nistp256",
    "Ciphers=aes128-cbc",
    "Ciphers=3des-cbc",
    "HostKeyAlgorithms=ssh-rsa",
  ]) {
    test(`not ${option}`, async () => {
      const { code, stderr } = await host.ssh(["x"], { options: ["-o", option, ...verbose] });
      assert.equal(code, 255);
      assert.match(stderr, /no matching|Unable to negotiate/);
    });
  }

  test("not a MAC over SHA-1 or MD5", async () => {
    for (const mac of ["hmac-sha1", "hmac-sha1-etm@openssh.com", "hmac-md5"]) {
      const { stderr } = await host.ssh(["x"], {
        options: ["-o", "Ciphers=aes256-ctr", "-o", `MACs=${mac}`, ...verbose],
      });
      assert.match(stderr, /no matching MAC/);
    }
  });

  for (const option of [
    "KexAlgorithms=curve25519-sha256",
    "KexAlgorithms=diffie-hellman-group16-sha512",
    "Ciphers=aes256-gcm@openssh.com",
    "Ciphers=aes128-ctr",
    "HostKeyAlgorithms=ssh-ed25519",
    "HostKeyAlgorithms=rsa-sha2-512",
    "HostKeyAlgorithms=rsa-sha2-256",
  ]) {
    test(`but ${option}`, async () => {
      const known = ["-o", option, "-o", `UserKnownHostsFile=${host.folder}/known-${option}`];
      assert.equal((await host.ssh(["x"], { options: known })).stdout, "alice");
    });
  }

  test("ssh-audit finds no failure", { skip: audit }, async () => {
    const { stdout } = await runProcess("ssh-audit", ["-j", "-p", String(host.port), "127.0.0.1"]);
    assert.match(stdout, /ssh-ed25519/);
    assert.doesNotMatch(stdout, /"fail"/);
    const plain = await runProcess("ssh-audit", ["-p", String(host.port), "127.0.0.1"]);
    assert.doesNotMatch(plain.stdout, /\[fail\]/);
  });
});

async function has(program: string): Promise<boolean> {
  return (await runProcess("sh", ["-c", `command -v ${program}`])).code === 0;
}

describe("what is not to be had", { concurrency: 3 }, () => {
  let host: SshHost;
  before(async () => {
    host = await startSshHost({
      execute: async (_words, { signal }) => {
        await Promise.race([once(signal, "abort"), new Promise((resolve) => setTimeout(resolve, 500))]);
        return 0;
      },
    });
  });
  after(() => host[Symbol.asyncDispose]());

  test("sftp and other subsystems", async () => {
    const { code, stderr } = await host.ssh(["sftp"], { options: ["-s"] });
    assert.equal(code, 255);
    assert.match(stderr, /subsystem request failed/);
  });

  test("forwarding to another host through the daemon", async () => {
    const { code, stderr } = await host.ssh([], { options: ["-W", "127.0.0.1:1", ...verbose] });
    assert.equal(code, 255);
    assert.match(stderr, /administratively prohibited/);
  });

  test("listening on the daemon's ports or sockets", async () => {
    for (const remote of ["0:127.0.0.1:1", `${host.folder}/socket:127.0.0.1:1`]) {
      const { code } = await host.ssh(["x"], { options: ["-R", remote, "-o", "ExitOnForwardFailure=yes"] });
      assert.equal(code, 255);
    }
    assert.ok(!(await readdir(host.folder)).includes("socket"));
  });

  test("the agent and X11 are not forwarded, and asking for it does no harm", async () => {
    const { code } = await host.ssh(["x"], { options: ["-A", "-X"] });
    assert.equal(code, 0);
  });
});

describe("limits", () => {
  const { logins } = connectionLimits(100);

  test("tells a client with too many keys why it is disconnected", async () => {
    await using host = await startSshHost({ execute: sayActor, limits: { loginAttempts: 3 } });
    const wrong = await Promise.all([1, 2, 3].map(() => host.addKey("ed25519", undefined)));
    const offer = (keys: string[]) => ({ options: [...verbose, ...keys.flatMap((key) => ["-i", key])] });
    assert.equal((await host.ssh(["x"], offer(wrong.slice(0, 2)))).stdout, "alice");
    const { code, stderr } = await host.ssh(["x"], offer(wrong));
    assert.equal(code, 255);
    assert.match(stderr, /Received disconnect from 127\.0\.0\.1 port \d+:2: Too many authentication failures/);
  });

  test("closes a connection that takes too long to log in, and tells a client that speaks ssh why", async () => {
    await using host = await startSshHost({
      limits: { loginGraceSeconds: 0.3 },
      authenticate: () => new Promise(() => {}),
    });
    const socket = await open(host.port);
    await once(socket, "close");
    const { code, stderr } = await host.ssh(["x"], { options: verbose });
    assert.equal(code, 255);
    assert.match(stderr, /:2: Timeout before authentication/);
  });

  test("limits silent connections from one address, and others log in", async () => {
    await using host = await startSshHost({
      execute: sayActor,
      limits: { logins: { ...logins, patienceSeconds: 600 } },
    });
    const silent = await Promise.all(Array.from({ length: 60 }, () => open(host.port)));
    const other = await host.ssh(["x"], { options: ["-b", "127.1.0.2"] });
    assert.equal(other.stdout, "alice");
    const same = await host.ssh(["x"], { options: ["-v"] });
    assert.equal(same.code, 255);
    assert.match(same.stderr, /Not now: too many logins at once from this address/);
    for (const socket of silent) socket.destroy();
    await eventually(async () => (await host.ssh(["x"])).stdout === "alice");
  });

  test("lets a login in from an address with too many silent connections that are older", async () => {
    await using host = await startSshHost({ execute: sayActor, limits: { logins: { ...logins, patienceSeconds: 0 } } });
    const silent = await Promise.all(Array.from({ length: 30 }, () => open(host.port)));
    assert.equal((await host.ssh(["x"])).stdout, "alice");
    for (const socket of silent) socket.destroy();
  });

  test("closes a connection that was turned away, also if its client goes on sending", async () => {
    const limits = { logins: { ...logins, perAddress: 1, patienceSeconds: 600 } };
    await using host = await startSshHost({ limits });
    const silent = await open(host.port);
    const socket = connect({ port: host.port, host: "127.0.0.1", allowHalfOpen: true }).resume();
    socket.on("error", () => undefined);
    const sending = setInterval(() => socket.write("x"), 50);
    // The error of a write that comes too late must not count as the end.
    await new Promise((resolve) => socket.on("close", resolve));
    clearInterval(sending);
    silent.destroy();
  });

  test("limits connections that have logged in, in all and from one address", async () => {
    for (const limits of [{ connections: 1 }, { connectionsPerAddress: 1 }]) {
      await using host = await startSshHost({ execute: sayActor, limits });
      const master = ["-o", `ControlPath=${host.folder}/mux`, "-o", "ControlMaster=auto", "-o", "ControlPersist=60"];
      assert.equal((await host.ssh(["x"], { options: master })).code, 0);
      const { code, stderr } = await host.ssh(["x"], { options: verbose });
      assert.equal(code, 255);
      assert.match(stderr, /Received disconnect from 127\.0\.0\.1 port \d+:12: Not now: too many connections/);
      await runProcess("ssh", [...master, ...host.sshOptions(), "-O", "exit", "anyone@127.0.0.1"]);
      await eventually(async () => (await host.ssh(["x"])).stdout === "alice");
    }
  });

  test("commands at once on one connection", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let running = 0;
    await using host = await startSshHost({
      limits: { sessionsPerConnection: 2 },
      execute: async () => {
        running += 1;
        await released;
        return 0;
      },
    });
    const master = ["-o", `ControlPath=${host.folder}/mux`];
    const first = host.ssh(["x"], { options: [...master, "-o", "ControlMaster=yes"] });
    await eventually(async () => (await readdir(host.folder)).includes("mux"));
    const second = host.ssh(["x"], { options: master });
    await eventually(async () => running === 2);
    // Turned away, ssh would go on with a connection of its own.
    const third = await host.ssh(["x"], { options: [...master, "-o", "ProxyCommand=false"] }).finally(release);
    assert.notEqual(third.code, 0);
    assert.deepEqual([(await first).code, (await second).code], [0, 0]);
  });

  test("an idle connection is closed, one with a command is not", async () => {
    await using host = await startSshHost({
      limits: { idleSeconds: 0.4 },
      execute: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1200));
        return 0;
      },
    });
    const master = ["-o", `ControlPath=${host.folder}/mux`, "-o", "ControlMaster=yes", "-o", "ControlPersist=60"];
    assert.equal((await host.ssh(["x"], { options: master })).code, 0);
    await eventually(async () => !(await readdir(host.folder)).includes("mux"));
  });

  test("who is refused is turned away before a word is said", async () => {
    const asked: string[] = [];
    await using host = await startSshHost({ refuse: (address) => asked.push(address) > 0 });
    const socket = connect(host.port, "127.0.0.1");
    let heard = 0;
    socket.on("data", (chunk) => {
      heard += chunk.length;
    });
    socket.on("error", () => undefined);
    await once(socket, "close");
    assert.equal(heard, 0);
    assert.deepEqual(asked, ["127.0.0.1"]);
  });
});

describe("host keys", () => {
  test("are made once, for their owner only, and kept", async () => {
    const folder = await mkdtemp(join(tmpdir(), "berth-keys-"));
    const keys = join(folder, "ssh");
    const several = await Promise.all([loadHostKeys(keys), loadHostKeys(keys), loadHostKeys(keys)]);
    assert.deepEqual(several[1]?.fingerprints, several[0]?.fingerprints);
    assert.deepEqual(several[2]?.fingerprints, several[0]?.fingerprints);
    assert.deepEqual((await loadHostKeys(keys)).fingerprints, several[0]?.fingerprints);
    assert.equal((await stat(keys)).mode & 0o777, 0o700);
    const files = (await readdir(keys)).sort();
    assert.deepEqual(files, [
      "ssh_host_ed25519_key",
      "ssh_host_ed25519_key.pub",
      "ssh_host_rsa_key",
      "ssh_host_rsa_key.pub",
    ]);
    for (const name of files.filter((file) => !file.endsWith(".pub"))) {
      assert.equal((await stat(join(keys, name))).mode & 0o777, 0o600);
    }
    const { stdout } = await run("ssh-keygen", ["-lf", join(keys, "ssh_host_rsa_key")]);
    assert.match(stdout, /^3072 SHA256:/);
    assert.equal(stdout.split(" ")[1], several[0]?.fingerprints[1]);
    await rm(folder, { recursive: true });
  });

  test("modes that became too wide are narrowed; a file that is no key stops the start", async () => {
    const folder = await mkdtemp(join(tmpdir(), "berth-keys-"));
    await loadHostKeys(folder);
    const file = join(folder, "ssh_host_ed25519_key");
    await chmod(file, 0o644);
    await chmod(folder, 0o755);
    await loadHostKeys(folder);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    await writeFile(file, "garbage");
    await assert.rejects(loadHostKeys(folder), /ssh_host_ed25519_key is not a private ssh key/);
    await rm(folder, { recursive: true });
  });
});

describe("failed logins", () => {
  test("are logged once a connection, in a form that fail2ban finds", async () => {
    const lines: string[] = [];
    const logger = pino({ base: { pid: 1 } }, { write: (line) => void lines.push(line) });
    await using host = await startSshHost({ execute: sayActor, logger, limits: { loginGraceSeconds: 1 } });
    const wrong = await host.addKey("ed25519", undefined);
    const as = (user: string) => ["-l", user];
    await host.ssh(["x"], { key: wrong, options: as("root") });
    const forged = `","address":"192.0.2.9","msg":"ssh login failed${"x".repeat(1000)}`;
    const client = new ssh2.Client().on("error", () => undefined);
    client.connect({ host: "127.0.0.1", port: host.port, username: forged, privateKey: await readFile(wrong) });
    await new Promise<void>((resolve) => client.on("close", () => resolve()));
    await host.ssh(["x"], { options: ["-o", "PreferredAuthentications=password"] });
    await host.ssh(["x"]);
    const silent = await open(host.port);
    await once(silent, "close");
    const probe = await open(host.port);
    probe.destroy();
    await host.ssh(["x"]);
    const failed = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "ssh login failed");
    assert.deepEqual(
      failed.map(({ user, address, keys, reason }) => ({ user, address, keys, reason })),
      [
        { user: "root", address: "127.0.0.1", keys: 1, reason: "the client went away" },
        { user: forged.slice(0, 64), address: "127.0.0.1", keys: 1, reason: "the client went away" },
        { user: "anyone", address: "127.0.0.1", keys: 0, reason: "the client went away" },
        { user: undefined, address: "127.0.0.1", keys: 0, reason: "it took too long" },
      ],
    );
    const found = await addressesFound(host.folder, lines);
    assert.deepEqual(found, ["127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"]);
  });
});

/** What fail2ban finds in the lines with the filter that the README gives. */
async function addressesFound(folder: string, lines: readonly string[]): Promise<string[]> {
  const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
  const filter = /```ini\n(# \S+filter\.d\/berth\.conf\n[\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(filter !== undefined, "the README has a filter");
  await writeFile(join(folder, "berth.conf"), filter);
  await writeFile(join(folder, "log"), lines.join(""));
  return findAddresses(folder, join(folder, "log"), join(folder, "berth.conf"));
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "data");
  return socket;
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("it never came true");
}
