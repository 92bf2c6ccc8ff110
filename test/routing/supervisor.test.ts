import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { suite, test } from "node:test";
import { stopRouter } from "../../src/cli/stop-router.ts";
import { pathsBelow } from "../../src/config/paths.ts";
import { freePort } from "../../src/lib/free-port.ts";
import { commandLine } from "../../src/lib/processes.ts";
import { createRouteServer } from "../../src/routing/route-server.ts";
import { createSupervisor, type SupervisorOptions } from "../../src/routing/supervisor.ts";
import { isWorker, runningWorker, runningWorkers } from "../../src/routing/worker-process.ts";
import { run, runOk } from "../helpers/berth.ts";
import { type CleanUp, cleanUp } from "../router/helpers/clean-up.ts";
import { ask, load } from "../router/helpers/client.ts";
import { routesTo, startDyno } from "../router/helpers/dyno.ts";
import { silent, temporaryFolder } from "../router/helpers/worker.ts";

interface TestDaemon {
  readonly server: ReturnType<typeof createRouteServer>;
  readonly supervisor: ReturnType<typeof createSupervisor>;
  /** As when the daemon is killed: workers go on. */
  die(): Promise<void>;
  pids(): Promise<number[]>;
}

interface Place {
  readonly root: string;
  readonly port: number;
}

async function place(t: CleanUp): Promise<Place> {
  const root = await temporaryFolder(t);
  await mkdir(join(root, "run"));
  return { root, port: await freePort("127.0.0.1") };
}

/** On a file system of its own, so that it can be full. */
async function smallPlace(t: CleanUp): Promise<Place> {
  const root = await temporaryFolder(t);
  await runOk("mount", ["-t", "tmpfs", "-o", "size=4m", "berth-test", root]);
  cleanUp(t, () => run("umount", ["-l", root, root]));
  await mkdir(join(root, "run"));
  return { root, port: await freePort("127.0.0.1") };
}

const spoilers: Record<string, (root: string) => Promise<unknown>> = {
  full: (root) => run("dd", ["if=/dev/zero", `of=${join(root, "filler")}`, "bs=64k"]),
  // A mount on top: below it, workers have their log open.
  "read-only": async (root) => {
    await runOk("mount", ["--bind", root, root]);
    await runOk("mount", ["-o", "remount,ro,bind", root]);
  },
};

function pidOf({ pid }: { pid: number }): number {
  return pid;
}

function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

async function daemon(
  t: CleanUp,
  { root, port }: Place,
  options: Partial<SupervisorOptions> = {},
  serves = true,
): Promise<TestDaemon> {
  const paths = pathsBelow(root);
  const workers = options.workers ?? 2;
  const server = createRouteServer({
    socketPath: paths.routesSocket,
    snapshot: paths.routesSnapshot,
    acknowledgeTimeoutMs: 3_000,
    logger: silent,
  });
  if (serves) await server.start();
  const supervisor = createSupervisor({
    workers,
    server,
    graceMs: 5_000,
    logger: silent,
    program: [process.execPath, join(import.meta.dirname, "router-entry.ts")],
    root,
    http: { port, host: "127.0.0.1" },
    httpsPort: undefined,
    options: [],
    logFile: paths.routerLog,
    compileCache: join(root, "tmp", "compile-cache"),
    ...options,
  });
  let isDead = false;
  const die = async () => {
    if (isDead) return;
    isDead = true;
    supervisor.stop();
    await server.stop();
  };
  cleanUp(t, async () => {
    await supervisor.stopWorkers(500);
    await die();
  });
  const pids = async () => {
    const all = Array.from({ length: workers }, (_, i) => runningWorker(paths.routerPid(i + 1), root, i + 1));
    return (await Promise.all(all)).filter((pid) => pid !== undefined);
  };
  return { server, supervisor, die, pids };
}

async function ended(pid: number, root: string, worker: number): Promise<void> {
  while (await isWorker(pid, root, worker)) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** A process that was killed keeps its sockets a moment longer than its name. */
async function refuses(port: number): Promise<void> {
  for (let code = ""; code !== "ECONNREFUSED"; ) {
    code = await ask(port).then(
      () => "answered",
      (error: NodeJS.ErrnoException) => error.code ?? "",
    );
  }
}

suite("the supervisor of router workers", () => {
  test("starts the wanted number, and is ready when all have the table", async (t) => {
    const at = await place(t);
    const { server, supervisor, pids } = await daemon(t, at);
    await supervisor.start();
    assert.equal((await pids()).length, 2);
    assert.equal(server.workers().length, 2);
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    await server.replace([routesTo([dyno.target])]);
    await supervisor.ready;
    for (let i = 0; i < 8; i++) assert.equal((await ask(at.port)).body, "ok");
    const words = (await readFile(`/proc/${(await pids())[0]}/environ`, "utf8")).split("\0");
    assert.deepEqual(
      words.filter((word) => !word.startsWith("NODE_COMPILE_CACHE=") && word !== ""),
      ["MALLOC_ARENA_MAX=1"],
    );
  });

  test("a worker that dies is replaced, and the other ones serve on", async (t) => {
    const at = await place(t);
    const { server, supervisor, pids } = await daemon(t, at);
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    await server.replace([routesTo([dyno.target])]);
    await supervisor.start();
    await supervisor.ready;
    const before = await pids();
    process.kill(before[0] ?? 0, "SIGKILL");
    await ended(before[0] ?? 0, at.root, 1);
    let now: number[] = [];
    while (now.length < 2 || now[0] === before[0]) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      now = await pids();
    }
    assert.equal(now[1], before[1]);
    await server.settled(() => now);
    for (let i = 0; i < 8; i++) assert.equal((await ask(at.port)).status, 200);
  });

  test("workers outlive the daemon under load, and the next one adopts them", async (t) => {
    const at = await place(t);
    const first = await daemon(t, at);
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    await first.server.replace([routesTo([dyno.target])]);
    await first.supervisor.start();
    await first.supervisor.ready;
    const before = await first.pids();
    const running = load(at.port, 4);
    await first.die();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const second = await daemon(t, at);
    await second.supervisor.start();
    await second.server.replace([routesTo([dyno.target])]);
    await second.supervisor.ready;
    assert.deepEqual((await running.stop()).failures, []);
    assert.deepEqual(await second.pids(), before);
  });

  test("kill -9 of the daemon under load loses no request, and a new one takes over", async (t) => {
    const at = await place(t);
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    const entry = join(import.meta.dirname, "daemon-entry.ts");
    const argument = JSON.stringify({ ...at, apps: [routesTo([dyno.target])] });
    // Last in, first out: registered here, so that the workers of the killed one are ended even when the test fails.
    const next = await daemon(t, at, { workers: 1 }, false);
    for (let i = 0; i < 2; i++) {
      const child = spawn(process.execPath, [entry, argument], { stdio: ["ignore", "pipe", "inherit"] });
      cleanUp(t, () => void child.kill("SIGKILL"));
      await once(child.stdout, "data");
      const running = load(at.port, 4);
      const killed = once(child, "exit");
      child.kill("SIGKILL");
      await killed;
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { answered, failures } = await running.stop();
      assert.deepEqual(failures, []);
      assert.ok(answered > 10);
    }
    const before = await next.pids();
    await next.server.start();
    await next.supervisor.start();
    await next.server.replace([routesTo([dyno.target])]);
    await next.supervisor.ready;
    assert.deepEqual(await next.pids(), before);
  });

  test("with the daemon dead, a router that is started alone serves the last table, and the next daemon adopts it", async (t) => {
    const at = await place(t);
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    const first = await daemon(t, at, { workers: 1 });
    await first.supervisor.start();
    await first.server.replace([routesTo([dyno.target])]);
    await first.supervisor.ready;
    const [old = 0] = await first.pids();
    const [program = "", ...words] = await commandLine(old);
    await first.die();
    const written = () => readFile(join(at.root, "routes.json"), "utf8").catch(() => "");
    while (!(await written()).includes(dyno.target.id)) await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill(old, "SIGKILL");
    await ended(old, at.root, 1);
    await refuses(at.port);

    spawn(program, words, { stdio: "ignore" }).unref();
    while ((await first.pids()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await ask(at.port)).body, "ok");
    const alone = await first.pids();
    assert.notEqual(alone[0], old);
    const running = load(at.port, 2);
    const second = await daemon(t, at, { workers: 1 });
    await second.supervisor.start();
    await second.server.replace([routesTo([dyno.target])]);
    await second.supervisor.ready;
    assert.deepEqual((await running.stop()).failures, []);
    assert.deepEqual(await second.pids(), alone);
  });

  test("workers of other code or options are replaced: the new one listens before the old one leaves", async (t) => {
    const at = await place(t);
    const first = await daemon(t, at, { workers: 1 });
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    await first.server.replace([routesTo([dyno.target])]);
    await first.supervisor.start();
    await first.supervisor.ready;
    const [old = 0] = await first.pids();
    const running = load(at.port, 4, true);
    await first.die();
    const second = await daemon(t, at, { workers: 1, options: ["--access-log", "off"] });
    await second.server.replace([routesTo([dyno.target])]);
    await second.supervisor.start();
    await second.supervisor.ready;
    await ended(old, at.root, 1);
    const { answered, failures } = await running.stop();
    assert.deepEqual(failures, []);
    assert.ok(answered > 10);
    assert.notDeepEqual(await second.pids(), [old]);
    assert.equal((await second.pids()).length, 1);
  });

  test("while workers are replaced, new connections are not refused", async (t) => {
    const at = await place(t);
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    const begin = async (generation: number) => {
      const next = await daemon(t, at, { workers: 2, options: generation % 2 === 0 ? [] : ["--access-log", "off"] });
      await next.server.replace([routesTo([dyno.target])]);
      await next.supervisor.start();
      await next.supervisor.ready;
      return next;
    };
    let current = await begin(0);
    const running = load(at.port, 8);
    for (let generation = 1; generation < 3; generation++) {
      const before = await current.pids();
      await current.die();
      current = await begin(generation);
      await Promise.all(before.map((pid, index) => ended(pid, at.root, index + 1)));
    }
    const { answered, failures } = await running.stop();
    assert.deepEqual(failures, []);
    assert.ok(answered > 10);
  });

  test("workers beyond the wanted number are retired", async (t) => {
    const at = await place(t);
    const first = await daemon(t, at, { workers: 2 });
    await first.server.replace([]);
    await first.supervisor.start();
    const [, extra = 0] = await first.pids();
    await first.die();
    const second = await daemon(t, at, { workers: 1 });
    await second.server.replace([]);
    await second.supervisor.start();
    await ended(extra, at.root, 2);
    assert.equal((await ask(at.port)).status, 404);
  });

  test("a port in use is named, also when its owner shares it, and nothing is left running", async (t) => {
    const at = await place(t);
    const owner = createServer();
    owner.listen({ port: at.port, host: "127.0.0.1", reusePort: true });
    await once(owner, "listening");
    cleanUp(t, () => void owner.close());
    const { supervisor, pids } = await daemon(t, at);
    await assert.rejects(supervisor.start(), { code: "port-in-use", message: `Port ${at.port} is in use` });
    assert.deepEqual(await pids(), []);
  });

  test("a worker program that fails is reported with where to look", async (t) => {
    const at = await place(t);
    const { supervisor } = await daemon(t, at, { program: [process.execPath, "-e", "process.exit(7)", "--"] });
    await assert.rejects(supervisor.start(), { code: "router-failed", message: /code 7/ });
  });

  test("two daemons with different roots leave each other's workers alone, even with a copied pid file", async (t) => {
    const [one, two] = [await place(t), await place(t)];
    const first = await daemon(t, one, { workers: 1 });
    await first.supervisor.start();
    await cp(join(one.root, "run", "router-1.pid"), join(two.root, "run", "router-1.pid"));
    const second = await daemon(t, two, { workers: 1 });
    await second.supervisor.start();
    await second.supervisor.stopWorkers(1_000);
    assert.equal((await first.pids()).length, 1);
    assert.equal((await ask(one.port)).status, 404);
    await assert.rejects(ask(two.port), { code: "ECONNREFUSED" });
  });

  test("replaces a worker that hangs, and the requests that come then are answered", async (t) => {
    const at = await place(t);
    const { server, supervisor } = await daemon(t, at);
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    await server.replace([routesTo([dyno.target])]);
    await supervisor.start();
    await supervisor.ready;
    const [hung = 0] = server.workers().map(({ pid }) => pid);
    process.kill(hung, "SIGSTOP");
    while (server.workers().length < 2 || server.workers().some(({ pid }) => pid === hung)) await moment();
    assert.deepEqual([...(await runningWorkers(at.root)).keys()].sort(), server.workers().map(pidOf).sort());
    for (let i = 0; i < 8; i++) assert.equal((await ask(at.port)).body, "ok");
  });

  test("ends a hung worker that a daemon before it has left", async (t) => {
    const at = await place(t);
    const first = await daemon(t, at);
    await first.supervisor.start();
    const [hung = 0, other = 0] = await first.pids();
    await first.die();
    process.kill(hung, "SIGSTOP");
    const second = await daemon(t, at);
    await second.supervisor.start();
    const now = [...(await runningWorkers(at.root)).keys()];
    assert.equal(now.length, 2);
    assert.ok(!now.includes(hung) && now.includes(other), `${now} of ${hung}, ${other}`);
  });

  test("router:stop ends workers without pid file, and those that hang", async (t) => {
    const at = await place(t);
    const { supervisor, pids, die } = await daemon(t, at);
    await supervisor.start();
    const [hung = 0] = await pids();
    await die();
    process.kill(hung, "SIGSTOP");
    for (const worker of [1, 2]) await rm(pathsBelow(at.root).routerPid(worker));
    assert.equal(await stopRouter(at.root), 0);
    assert.equal((await runningWorkers(at.root)).size, 0);
  });

  test("kills a worker that ignores SIGTERM and never listens", async (t) => {
    const at = await place(t);
    const deaf = "process.argv.includes('--warm-up') || (process.on('SIGTERM', () => {}), setInterval(() => {}, 1000))";
    const program = [process.execPath, "-e", deaf, "--"];
    const { supervisor } = await daemon(t, at, { program, workers: 1, startTimeoutMs: 2_000 });
    await assert.rejects(supervisor.start(), { code: "router-failed" });
    while ((await runningWorkers(at.root)).size > 0) await moment();
  });

  for (const [condition, spoil] of Object.entries(spoilers)) {
    test(`on a root that is ${condition}, a dead worker is replaced by one that serves and can be stopped`, async (t) => {
      const at = await smallPlace(t);
      const { server, supervisor } = await daemon(t, at);
      const dyno = await startDyno(t, (_request, response) => response.end("ok"));
      await server.replace([routesTo([dyno.target])]);
      await supervisor.start();
      await supervisor.ready;
      await spoil(at.root);
      const before = server.workers().map(pidOf);
      for (const pid of before) process.kill(pid, "SIGKILL");
      while (server.workers().filter(({ pid }) => !before.includes(pid)).length < 2) await moment();
      for (let i = 0; i < 8; i++) assert.equal((await ask(at.port)).body, "ok");
      assert.equal((await runningWorkers(at.root)).size, 2);
      await supervisor.stopWorkers(500);
      assert.equal((await runningWorkers(at.root)).size, 0);
    });
  }

  test("stopWorkers ends workers that no daemon knows, by their pid files", async (t) => {
    const at = await place(t);
    const first = await daemon(t, at, { workers: 2 });
    await first.supervisor.start();
    await first.die();
    const other = await daemon(t, at, { workers: 2 });
    await other.supervisor.stopWorkers(2_000);
    assert.deepEqual(await first.pids(), []);
    await rm(join(at.root, "routes.json"), { force: true });
  });
});
