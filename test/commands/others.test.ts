import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { UserError } from "../../src/model/errors.ts";
import type { Key } from "../../src/model/key.ts";
import type { DynoLogLine, Operations } from "../../src/operations/operations.ts";
import type { RunIo, Terminal } from "../../src/schedulers/scheduler.ts";
import { commandLine, release } from "./harness.ts";

const terminal: Terminal = { name: "xterm", size: { columns: 80, rows: 24 }, onResize: () => () => undefined };

describe("domains", () => {
  test("are added, and what the app had is skipped", async () => {
    const run = commandLine({
      addDomains: async ({ domains }) => domains.map((domain, index) => ({ domain, changed: index === 0 })),
      removeDomains: async ({ domains }) => domains.map((domain, index) => ({ domain, changed: index === 0 })),
    });
    assert.equal(
      (await run(["domains:add", "shop", "a.com", "b.com"])).stdout,
      "-----> Added a.com to shop\n-----> Skipping: b.com already added to shop\n",
    );
    assert.equal(
      (await run(["domains:remove", "shop", "a.com", "b.com"])).stdout,
      "-----> Removed a.com from shop\n-----> Skipping: b.com is not a domain of shop\n",
    );
    assert.match((await run(["domains:add", "shop"])).stderr, /^ ! {5}Missing argument: <domain>\n/);
  });

  test("are reported with the generated one", async () => {
    const run = commandLine({
      domains: async () => ({
        own: ["a.com", "b.com"],
        generated: ["shop.apps.com"],
        enabled: true,
        global: ["apps.com"],
      }),
    });
    assert.equal((await run(["domains:report", "shop", "--domains-app-vhosts"])).stdout, "a.com b.com shop.apps.com\n");
    assert.equal(
      (await run(["domains:report", "shop", "--format", "json"])).stdout,
      '{"app-enabled":"true","app-vhosts":"a.com b.com shop.apps.com","global-enabled":"true","global-vhosts":"apps.com"}\n',
    );
  });
});

describe("urls", () => {
  const report = (urls: readonly string[]): Partial<Operations> => ({
    appReport: async () => ({
      app: { id: "1", name: "shop", createdAt: 0, currentReleaseId: undefined, stopped: false },
      current: undefined,
      busyWith: undefined,
      urls,
      directory: "/srv/shop",
    }),
  });

  test("are listed, and url is the first", async () => {
    const run = commandLine(report(["http://a.com", "http://b.com"]));
    assert.equal((await run(["urls", "shop"])).stdout, "http://a.com\nhttp://b.com\n");
    assert.equal((await run(["urls", "shop", "--format", "json"])).stdout, '["http://a.com","http://b.com"]\n');
    assert.equal((await run(["url", "shop"])).stdout, "http://a.com\n");
    const none = await commandLine(report([]))(["url", "shop"]);
    assert.deepEqual(
      [none.code, none.stderr],
      [1, " !     App shop has no address\n !     Give it one: domains:add shop DOMAIN\n"],
    );
  });
});

describe("ssh-keys", () => {
  const key: Key = {
    name: "ann",
    fingerprint: "SHA256:abc",
    publicKey: "ssh-ed25519 AAAA",
    admin: false,
    createdAt: 0,
  };
  const ann = { name: "ann", local: false };
  function setUp() {
    const seen: unknown[] = [];
    const run = commandLine({
      addKey: async (input, by) => {
        seen.push(input, by);
        return key;
      },
      listKeys: async () => [key, { ...key, name: "bob", fingerprint: "SHA256:def", admin: true }],
      removeKey: async (input, by) => {
        seen.push(input, by);
        return key;
      },
      setKeyAdmin: async (input, by) => {
        seen.push(input, by);
        return { ...key, admin: input.admin };
      },
    });
    return { run, seen };
  }

  test("are added from standard input", async () => {
    const { run, seen } = setUp();
    const ran = await run(["ssh-keys:add", "ann"], { input: "ssh-ed25519 AAAA ann@laptop\n" });
    assert.deepEqual([ran.code, ran.both], [0, "SHA256:abc\n"]);
    assert.deepEqual(seen, [{ name: "ann", publicKey: "ssh-ed25519 AAAA ann@laptop\n", admin: false }, ann]);
    assert.equal((await run(["ssh-keys:add", "ann"], { input: "x".repeat(70_000) })).code, 1);
  });

  test("are added from a file only where the caller has files", async () => {
    const { run, seen } = setUp();
    const over = await run(["ssh-keys:add", "ann", "/root/.ssh/id.pub"]);
    assert.equal(over.code, 1);
    assert.match(over.stderr, /^ ! {5}A path can only be read by the local berth command\n/);
    const readFile = async (path: string): Promise<Buffer> => Buffer.from(`key in ${path}`);
    await run(["ssh-keys:add", "ann", "id.pub"], { readFile, local: true });
    assert.deepEqual(seen, [
      { name: "ann", publicKey: "key in id.pub", admin: false },
      { ...ann, local: true },
    ]);
  });

  test("are pasted as one line in a terminal", async () => {
    const { run, seen } = setUp();
    const ran = await run(["ssh-keys:add", "ann"], { input: "ssh-ed25519 AAAA\nmore", terminal });
    assert.equal(ran.stderr, "Paste the public key: ");
    assert.deepEqual(seen, [{ name: "ann", publicKey: "ssh-ed25519 AAAA", admin: false }, ann]);
  });

  test("are listed as Dokku does", async () => {
    const { run } = setUp();
    const allowed = "no-agent-forwarding,no-user-rc,no-X11-forwarding,no-port-forwarding";
    assert.equal(
      (await run(["ssh-keys:list"])).stdout,
      `SHA256:abc NAME="ann" SSHCOMMAND_ALLOWED_KEYS="${allowed}"\n` +
        `SHA256:def NAME="bob" SSHCOMMAND_ALLOWED_KEYS="${allowed}" ADMIN="true"\n`,
    );
    assert.match((await run(["ssh-keys:list", "bob"])).stdout, /^SHA256:def NAME="bob" [^\n]*\n$/);
    assert.equal((await run(["ssh-keys:list", "eve"])).code, 1);
    const [first] = JSON.parse((await run(["ssh-keys:list", "--format", "json"])).stdout);
    assert.deepEqual([first.name, first.fingerprint, first.SSHCOMMAND_ALLOWED_KEYS], ["ann", "SHA256:abc", allowed]);
  });

  test("are removed by name or fingerprint", async () => {
    const { run, seen } = setUp();
    for (const words of [["ann"], ["SHA256:abc"], ["--fingerprint", "SHA256:abc"], ["--fingerprint", "abc"]]) {
      assert.equal((await run(["ssh-keys:remove", ...words])).stdout, "-----> Removed key ann (SHA256:abc)\n");
    }
    assert.deepEqual(seen, [
      ...[{ nameOrFingerprint: "ann" }, ann],
      ...[{ nameOrFingerprint: "SHA256:abc" }, ann],
      ...[{ nameOrFingerprint: "SHA256:abc" }, ann],
      ...[{ nameOrFingerprint: "SHA256:abc" }, ann],
    ]);
  });

  test("are marked as admin", async () => {
    const { run, seen } = setUp();
    await run(["ssh-keys:add", "ann", "--admin"], { input: "ssh-ed25519 AAAA" });
    const ran = await run(["ssh-keys:set", "ann", "admin", "true"]);
    assert.equal(ran.stdout, "=====> Setting admin to true for key ann\n");
    assert.deepEqual(seen, [
      ...[{ name: "ann", publicKey: "ssh-ed25519 AAAA", admin: true }, ann],
      ...[{ nameOrFingerprint: "ann", admin: true }, ann],
    ]);
    assert.equal((await run(["ssh-keys:set", "ann", "colour", "true"])).code, 1);
  });
});

describe("releases", () => {
  const first = release({ version: 1, description: "Deploy 1111111" });
  const second = release({ version: 2, description: "Set config vars: A", createdBy: "local" });
  const run = commandLine({ releases: async () => ({ releases: [first, second], current: second }) });

  test("are listed with the newest first", async () => {
    const expected =
      "=====> shop releases\n" +
      "Release           Created               By     What\n" +
      "v2       current  2026-11-21 07:45:12Z  local  Set config vars: A\n" +
      "v1                2026-11-21 07:45:12Z  ann    Deploy 1111111\n";
    assert.equal((await run(["releases", "shop"])).stdout, expected);
    assert.equal((await run(["releases:list", "shop"])).stdout, expected);
    assert.match((await run(["releases", "shop", "--quiet"])).stdout, /^v2 .*\nv1 .*\n$/);
  });

  test("show no secret in JSON", async () => {
    const { stdout } = await run(["releases", "shop", "--format", "json"]);
    assert.doesNotMatch(stdout, /hunter2/);
    const [newest] = JSON.parse(stdout);
    assert.deepEqual(
      [newest.version, newest.current, newest["created-at"], newest.commit],
      [2, true, "2026-11-21T07:45:12.000Z", "1".repeat(40)],
    );
  });

  test("of an app without any are told of", async () => {
    const none = commandLine({ releases: async () => ({ releases: [], current: undefined }) });
    assert.equal((await none(["releases", "shop"])).stderr, " !     App shop has no releases yet\n");
  });
});

describe("rollback", () => {
  test("takes v3, 3, or nothing", async () => {
    const seen: unknown[] = [];
    const run = commandLine({
      rollback: async (input) => {
        seen.push(input);
        return release({ version: 7, description: "Rollback to v3" });
      },
    });
    for (const words of [["v3"], ["3"], []]) {
      assert.equal((await run(["rollback", "shop", ...words])).stdout, "=====> shop now runs v7: Rollback to v3\n");
    }
    assert.deepEqual(seen, [
      { app: "shop", version: 3 },
      { app: "shop", version: 3 },
      { app: "shop", version: undefined },
    ]);
    for (const word of ["v0", "x3", "3.1", "-1", ""])
      assert.equal((await run(["rollback", "shop", "--", word])).code, 1);
  });
});

describe("logs", () => {
  const line = (dyno: string, text: string): DynoLogLine => ({
    app: "shop",
    source: dyno === "router" ? "router" : "app",
    dyno,
    stream: "stdout",
    text,
    time: "2026-11-21T07:45:12.000000001Z",
  });
  function setUp(lines: readonly DynoLogLine[]) {
    const seen: unknown[] = [];
    const run = commandLine({
      logs: async ({ signal, ...input }) => {
        seen.push(input);
        assert.ok(signal instanceof AbortSignal);
        return (async function* () {
          yield* lines;
        })();
      },
    });
    return { run, seen };
  }

  test("have time and dyno before each line, or only the line", async () => {
    const { run } = setUp([line("web.1", "hello"), line("worker.1", "")]);
    const ofRouter = setUp([line("router", "at=info")]);
    assert.match((await ofRouter.run(["logs", "shop"])).stdout, /^\S+Z berth\[router\]: at=info\n$/);
    assert.equal(
      (await run(["logs", "shop"])).stdout,
      "2026-11-21T07:45:12.000000001Z app[web.1]: hello\n2026-11-21T07:45:12.000000001Z app[worker.1]: \n",
    );
    for (const words of [
      ["logs", "-q", "shop"],
      ["logs", "shop", "--quiet"],
      ["--quiet", "logs", "shop"],
    ]) {
      assert.equal((await run(words)).stdout, "hello\n\n");
    }
  });

  test("have colours only in a terminal", async () => {
    const { run } = setUp([line("web.1", "hello")]);
    assert.match(
      (await run(["logs", "shop"], { terminal })).stdout,
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape of a colour is one.
      /^\x1b\[3[1-6]m2026-11-21T07:45:12\.000000001Z app\[web\.1\]:\x1b\[0m hello\n$/,
    );
  });

  test("are one object a line in JSON", async () => {
    const { run } = setUp([line("web.1", "hello")]);
    assert.equal(
      (await run(["logs", "shop", "--format", "json"])).stdout,
      '{"time":"2026-11-21T07:45:12.000000001Z","source":"app","dyno":"web.1","stream":"stdout","text":"hello"}\n',
    );
  });

  test("take -t, -n and -p in every spelling", async () => {
    const { run, seen } = setUp([]);
    await run(["logs", "shop"]);
    await run(["logs", "-t", "-n", "5", "-p", "web", "shop"]);
    await run(["logs", "shop", "--tail", "--num=5", "--ps", "web", "--ps", "worker.2"]);
    await run(["logs", "shop", "-tn5", "-pweb"]);
    assert.deepEqual(seen, [
      { app: "shop", processes: [], lines: 100, follow: false },
      { app: "shop", processes: ["web"], lines: 5, follow: true },
      { app: "shop", processes: ["web", "worker.2"], lines: 5, follow: true },
      { app: "shop", processes: ["web"], lines: 5, follow: true },
    ]);
    assert.match((await run(["logs", "shop", "-n", "many"])).stderr, /^ ! {5}Invalid number of lines: 'many'\n/);
  });

  test("end with code 130 when the caller has had enough", async () => {
    const controller = new AbortController();
    const run = commandLine({
      logs: async ({ signal }) =>
        (async function* () {
          yield line("web.1", "hello");
          controller.abort();
          if (signal.aborted) return;
          yield line("web.1", "never");
        })(),
    });
    const ran = await run(["logs", "-t", "shop"], { signal: controller.signal });
    assert.deepEqual([ran.code, ran.stderr], [130, ""]);
    assert.doesNotMatch(ran.stdout, /never/);
  });

  test("that break off show why", async () => {
    const run = commandLine({
      logs: async () =>
        (async function* () {
          yield line("web.1", "hello");
          throw new UserError("process-missing", "It is gone");
        })(),
    });
    const ran = await run(["logs", "-q", "shop"]);
    assert.deepEqual([ran.code, ran.stdout, ran.stderr], [1, "hello\n", " !     It is gone\n"]);
  });
});

describe("run", () => {
  function setUp() {
    const seen: { input: unknown; io: RunIo }[] = [];
    const run = commandLine({
      run: async (input, io) => {
        seen.push({ input, io });
        io.stdout.write("output");
        return 17;
      },
    });
    return { run, seen };
  }

  test("passes the exit code on, and adds nothing to the output", async () => {
    const { run } = setUp();
    const ran = await run(["run", "shop", "ls"]);
    assert.deepEqual([ran.code, ran.both], [17, "output"]);
  });

  test("leaves every word after the app alone, flags of ours too", async () => {
    const { run, seen } = setUp();
    const command = ["node", "-e", "x=1", "--quiet", "--force", "--app", "other", "--help", "--", "-n", ""];
    await run(["run", "shop", ...command]);
    await run(["run", "--", "shop", ...command]);
    await run(["run", "shop", "--", ...command]);
    await run(["--quiet", "run", "--no-tty", "shop", ...command]);
    await run(["run", "--app", "shop", ...command]);
    await run(["--app", "shop", "run", ...command]);
    for (const { input } of seen) assert.deepEqual(input, { app: "shop", command, env: {} });
    assert.equal(seen.length, 6);
  });

  test("takes config vars for this run", async () => {
    const { run, seen } = setUp();
    await run(["run", "-e", "A=1", "--env", "B=x y=z", "--env=C=", "shop", "env", "-e", "D=4"]);
    assert.deepEqual(seen[0]?.input, {
      app: "shop",
      command: ["env", "-e", "D=4"],
      env: { A: "1", B: "x y=z", C: "" },
    });
    assert.match((await run(["run", "-e", "A", "shop", "env"])).stderr, /^ ! {5}Invalid env pair: A\n/);
    assert.match((await run(["run", "-e", "1A=x", "shop", "env"])).stderr, /^ ! {5}Invalid key name: '1A'\n/);
  });

  test("has the terminal of its caller, unless it is not wanted", async () => {
    const { run, seen } = setUp();
    await run(["run", "shop", "bash"], { terminal });
    await run(["run", "--no-tty", "shop", "bash"], { terminal });
    await run(["run", "shop", "bash"]);
    assert.deepEqual(
      seen.map(({ io }) => io.terminal),
      [terminal, undefined, undefined],
    );
  });

  test("needs a command", async () => {
    const { run } = setUp();
    assert.equal(
      (await run(["run", "shop"])).stderr,
      " !     Missing argument: <command>\n" +
        " !     Usage: berth run [--env <key=value>] [--no-tty] <app> <command> [<command> ...]\n",
    );
  });
});

describe("router:top", () => {
  const busy = {
    app: "shop",
    requestsPerSecond: 12.345,
    bytesPerSecond: 2_500_000,
    failuresPerSecond: 0.5,
    errors: { H12: 1 },
    p50: 3.2,
    p95: 120,
    open: 4,
  };
  const quiet = { ...busy, app: "", requestsPerSecond: 0, errors: {}, p50: undefined, p95: undefined, open: 0 };
  function setUp() {
    const asked: unknown[] = [];
    const run = commandLine({
      liveTraffic: async ({ signal, ...input }) => {
        asked.push(input);
        assert.ok(signal instanceof AbortSignal);
        return (async function* () {
          for (let at = 0; at < 2; at++) yield { at, workers: 2, apps: [busy, quiet] };
        })();
      },
    });
    return { run, asked };
  }

  test("prints a table after each interval, and only one with --once", async () => {
    const { run, asked } = setUp();
    const table = [
      "1970-01-01T00:00:00Z, 2 router workers",
      "App       Req/s  p50     p95     Failed/s  Open  Out/s   Errors",
      "shop      12.3   3.2 ms  120 ms  0.5       4     2.5 MB  H12:1",
      "(no app)  0.0    -       -       0.5       0     2.5 MB",
      "",
    ].join("\n");
    assert.equal((await run(["router:top"])).stdout, `${table}\n${table}\n`);
    assert.equal((await run(["router:top", "shop", "--once", "-i", "5"])).stdout, table);
    assert.deepEqual(asked, [
      { app: undefined, intervalMs: 2_000 },
      { app: "shop", intervalMs: 5_000 },
    ]);
  });

  test("draws over the last table on a terminal, and prints one object an interval in JSON", async () => {
    const { run } = setUp();
    const drawn = (await run(["router:top"], { terminal })).stdout;
    assert.equal(drawn.split("\x1b[H\x1b[J").length, 3);
    const lines = (await run(["router:top", "--format", "json"])).stdout.trim().split("\n");
    assert.equal(lines.length, 2);
    const [shop, none] = JSON.parse(lines[0] ?? "").apps;
    assert.equal(shop["requests-per-second"], 12.35);
    assert.deepEqual([shop.open, shop["p95-ms"], none["p50-ms"]], [4, 120, null]);
  });
});

test("router:history has the requests of each period", async () => {
  const traffic = { statuses: [0, 0, 9, 0, 0, 1], errors: { H13: 1 }, bytes: 100, durationMs: 40, latency: [10] };
  const asked: unknown[] = [];
  const run = commandLine({
    trafficHistory: async (input) => {
      asked.push(input);
      return input.step === 10 ? [] : [{ at: 3_600, traffic }];
    },
  });
  const shown = await run(["router:history", "shop"]);
  assert.match(shown.stdout, /From +Requests +Failed +p50 +p95\n1970-01-01T01:00:00Z +10 +1 +\d/);
  assert.match((await run(["router:history", "shop", "-s", "10"])).stderr, /No requests of shop are known/);
  const [period] = JSON.parse((await run(["router:history", "shop", "--format", "json"])).stdout);
  assert.deepEqual([period.requests, period.failures, period.statuses["2xx"]], [10, 1, 9]);
  assert.deepEqual(asked[0], { app: "shop", step: 3_600 });
});
