import assert from "node:assert/strict";
import { appendFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { dynoName } from "../../src/model/dyno.ts";
import { reconcileApp } from "../../src/reconciler/reconcile.ts";
import { createWorld, type World } from "../helpers/world.ts";

async function names(world: World, app: string): Promise<string[]> {
  return (await world.scheduler.list(app)).map(dynoName).sort();
}

async function deployed(world: World): Promise<void> {
  world.builder.processTypes = { web: "./web", worker: "./worker", release: "./migrate" };
  await world.deploy("shop");
}

test("scaling starts only what is missing and stops only what is too much", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  const [first] = await world.scheduler.list("shop");
  await world.operations.scale({ app: "shop", quantities: { web: 3, worker: 1 }, deploy: true }, world.job());
  assert.deepEqual(await names(world, "shop"), ["web.1", "web.2", "web.3", "worker.1"]);
  assert.equal(world.publisher.targets("shop").length, 3);
  await world.operations.scale({ app: "shop", quantities: { web: 1 }, deploy: true }, world.job());
  await world.context.background.idle();
  assert.deepEqual(await names(world, "shop"), ["web.1", "worker.1"]);
  assert.deepEqual(world.publisher.targets("shop"), [first?.id], "the dyno that was there is untouched");
});

test("scaling web to nothing leaves a route without targets", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  await world.operations.scale({ app: "shop", quantities: { web: 0 }, deploy: true }, world.job());
  assert.deepEqual(world.publisher.table.get("shop")?.targets, []);
});

test("scaling to a dyno that does not start changes nothing", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  world.scheduler.script({ number: 2 }, { exitCode: 1 });
  await assert.rejects(world.operations.scale({ app: "shop", quantities: { web: 2 }, deploy: true }, world.job()));
  assert.deepEqual(await names(world, "shop"), ["web.1"]);
  assert.equal((await world.operations.formation({ app: "shop" })).quantities.web, 1);
});

test("a process type that the release does not have, or that is no dyno, is refused by name", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  for (const type of ["clock", "release"]) {
    await assert.rejects(
      world.operations.scale({ app: "shop", quantities: { [type]: 1 }, deploy: true }, world.job()),
      new RegExp(`${type} is not a valid process name`),
    );
  }
});

test("the formation outlives deploys and may be set before the first", async (t) => {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  await world.operations.scale({ app: "shop", quantities: { web: 2 }, deploy: true }, world.job());
  await deployed(world);
  await deployed(world);
  await world.context.background.idle();
  assert.deepEqual(await names(world, "shop"), ["web.1", "web.2"]);
});

test("a scale without deploy waits for the next deploy, whoever repairs meanwhile", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  await world.operations.scale({ app: "shop", quantities: { web: 3, worker: 2 }, deploy: false }, world.job());
  assert.equal((await world.operations.formation({ app: "shop" })).quantities.web, 3);
  const app = await world.operations.requireApp({ app: "shop" });
  await reconcileApp(world.context, app.id, new AbortController().signal);
  await world.operations.restart({ app: "shop", processType: "web" }, world.job());
  await world.context.background.idle();
  assert.deepEqual(await names(world, "shop"), ["web.1"]);
  await world.operations.scale({ app: "shop", quantities: { worker: 0 }, deploy: true }, world.job());
  await deployed(world);
  await world.context.background.idle();
  assert.deepEqual(await names(world, "shop"), ["web.1", "web.2", "web.3"]);
});

test("a restart of one process type leaves the others alone", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  await world.operations.scale({ app: "shop", quantities: { worker: 1 }, deploy: true }, world.job());
  const before = await world.scheduler.list("shop");
  const web = before.find((dyno) => dyno.processType === "web");
  await world.operations.restart({ app: "shop", processType: "worker" }, world.job());
  await world.context.background.idle();
  const after = await world.scheduler.list("shop");
  assert.equal(after.length, 2);
  assert.ok(after.some((dyno) => dyno.id === web?.id));
  assert.deepEqual(world.publisher.targets("shop"), [web?.id]);
});

test("stop keeps the formation, start brings it back", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  await world.operations.scale({ app: "shop", quantities: { web: 2 }, deploy: true }, world.job());
  await world.operations.stop({ app: "shop" }, world.job());
  assert.deepEqual(await names(world, "shop"), []);
  assert.deepEqual(world.publisher.table.get("shop")?.targets, []);
  const release = await world.operations.setConfig({ app: "shop", vars: { A: "1" }, restart: true }, world.job());
  assert.equal(release?.version, 2);
  assert.deepEqual(await names(world, "shop"), [], "a config change does not start a stopped app");
  await world.operations.start({ app: "shop" }, world.job());
  assert.deepEqual(await names(world, "shop"), ["web.1", "web.2"]);
  assert.deepEqual(
    (await world.scheduler.list("shop")).map((dyno) => dyno.release),
    [2, 2],
  );
});

test("verbs about dynos say what to do with an app that was never deployed", async (t) => {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  await assert.rejects(world.operations.restart({ app: "shop", processType: undefined }, world.job()), {
    code: "not-deployed",
    message: "App shop has not been deployed",
  });
});

test("PORT is the app's own where it sets one", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  assert.equal(world.scheduler.started.at(-1)?.port, 5000);
  await world.operations.setConfig({ app: "shop", vars: { PORT: "8123" }, restart: true }, world.job());
  assert.equal(world.scheduler.started.at(-1)?.port, 8123);
});

test("properties: the app's value wins over the host's, and that over the default", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  const key = "ps.restart-policy";
  assert.deepEqual(await world.operations.property({ app: "shop", key }), {
    raw: "",
    global: "",
    computed: "unless-stopped",
  });
  await world.operations.setProperty({ app: undefined, key, value: "always" });
  await world.operations.setProperty({ app: "shop", key, value: "on-failure:3" });
  assert.deepEqual(await world.operations.property({ app: "shop", key }), {
    raw: "on-failure:3",
    global: "always",
    computed: "on-failure:3",
  });
  await world.operations.setProperty({ app: "shop", key, value: "" });
  assert.equal((await world.operations.property({ app: "shop", key })).computed, "always");
  await assert.rejects(world.operations.setProperty({ app: "shop", key, value: "sometimes" }), {
    code: "invalid-value",
  });
});

test("logs of several dynos come in order of time, and only the last lines", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  await world.operations.scale({ app: "shop", quantities: { worker: 1 }, deploy: true }, world.job());
  const [web, worker] = await world.scheduler.list("shop");
  for (let i = 1; i <= 3; i++) {
    world.scheduler.print(web?.id ?? "", `web ${i}`);
    world.scheduler.print(worker?.id ?? "", `worker ${i}`);
  }
  const signal = new AbortController().signal;
  const read = async (processes: string[], lines: number) => {
    const found = await world.operations.logs({ app: "shop", processes, lines, follow: false, signal });
    return (await Array.fromAsync(found)).map((line) => `${line.dyno} ${line.text}`);
  };
  assert.deepEqual(await read([], 3), ["worker.1 worker 2", "web.1 web 3", "worker.1 worker 3"]);
  assert.deepEqual(await read(["worker"], 1), ["worker.1 worker 3"]);
  assert.deepEqual(await read(["web.1"], 1), ["web.1 web 3"]);
  await assert.rejects(read(["clock"], 1), { code: "process-missing" });
});

function requestLine(time: number, path: string): string {
  return `${new Date(time).toISOString()} at=info path="${path}"\n`;
}

test("the router's lines stand among the dynos' in order of time, also from the file set aside, and alone", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  const [web] = await world.scheduler.list("shop");
  const file = join(world.accessLogs, "shop.log");
  const signal = new AbortController().signal;
  const read = async (processes: string[], lines: number) => {
    const found = await world.operations.logs({ app: "shop", processes, lines, follow: false, signal });
    return (await Array.fromAsync(found)).map((line) => `${line.dyno} ${line.text}`);
  };
  assert.deepEqual(await read(["router"], 5), []);
  await writeFile(`${file}.1`, requestLine(Date.now() - 60_000, "/older"));
  await writeFile(file, requestLine(Date.now() - 30_000, "/old"));
  world.scheduler.print(web?.id ?? "", "hello");
  await appendFile(file, `${requestLine(Date.now() + 30_000, "/new")}${new Date().toISOString()} at=info half a li`);
  const [older, old, fresh] = ["/older", "/old", "/new"].map((path) => `router at=info path="${path}"`);
  assert.deepEqual(await read([], 4), [older, old, "web.1 hello", fresh]);
  assert.deepEqual(await read([], 2), ["web.1 hello", fresh]);
  assert.deepEqual(await read(["router"], 2), [old, fresh]);
  assert.deepEqual(await read(["web"], 4), ["web.1 hello"]);
  const many = Array.from({ length: 3000 }, (_, i) => requestLine(i, `/${i}/${"x".repeat(600)}`)).join("");
  await writeFile(file, many);
  const last = await read(["router"], 1_500);
  assert.equal(last.length, 1_500);
  assert.match(last[0] ?? "", /"\/1500\//);
});

test("the router's lines are followed over the change of files, sorted in with what dynos print meanwhile", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  const [web] = await world.scheduler.list("shop");
  const file = join(world.accessLogs, "shop.log");
  await writeFile(file, requestLine(Date.now() - 1_000, "/before"));
  const abort = new AbortController();
  const input = { app: "shop", processes: [], lines: 10, follow: true, signal: abort.signal };
  const seen: string[] = [];
  for await (const { text } of await world.operations.logs(input)) {
    seen.push(text.replace("at=info path=", ""));
    if (text.includes("/before")) {
      const began = Date.now();
      await delay(20);
      world.scheduler.print(web?.id ?? "", "printed");
      await delay(20);
      // The request was over before, but is told after.
      await appendFile(file, requestLine(began, "/during"));
      await rename(file, `${file}.1`);
      await writeFile(file, requestLine(Date.now(), "/after"));
    }
    if (text.includes("/after")) abort.abort();
  }
  assert.deepEqual(seen, ['"/before"', '"/during"', "printed", '"/after"']);
});

test("the router's lines move with a renamed app, and end with a destroyed one", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  await writeFile(join(world.accessLogs, "shop.log"), requestLine(Date.now(), "/"));
  await world.operations.renameApp({ app: "shop", name: "store" }, world.job());
  assert.deepEqual(await readdir(world.accessLogs), ["store.log"]);
  await world.operations.destroyApp({ app: "store" });
  assert.deepEqual(await readdir(world.accessLogs), []);
});

test("followed logs go on with the dynos of a later deploy, and end when the reader does", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  const abort = new AbortController();
  const [old] = await world.scheduler.list("shop");
  world.scheduler.print(old?.id ?? "", "before");
  world.scheduler.script({ release: 2 }, { prints: ["hello from v2"] });
  const seen: string[] = [];
  const lines = await world.operations.logs({
    app: "shop",
    processes: [],
    lines: 10,
    follow: true,
    signal: abort.signal,
  });
  for await (const line of lines) {
    seen.push(line.text);
    if (line.text === "before") await deployed(world);
    if (line.text === "hello from v2") abort.abort();
  }
  assert.deepEqual(seen, ["before", "hello from v2"]);
});

test("followed logs leave nothing out and repeat nothing when a dyno is started again or its log breaks off", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  const [dyno] = await world.scheduler.list("shop");
  const id = dyno?.id ?? "";
  world.scheduler.print(id, "before");
  const logs = world.scheduler.logs.bind(world.scheduler);
  let reads = 0;
  world.scheduler.logs = async function* (which, options) {
    if (options.follow && ++reads === 1) world.scheduler.print(id, "between the last lines and the next");
    for await (const line of logs(which, options)) {
      yield line;
      if (line.text === "broken") throw new Error("the engine was restarted");
    }
  };
  const abort = new AbortController();
  const input = { app: "shop", processes: [], lines: 10, follow: true, signal: abort.signal };
  const seen: string[] = [];
  for await (const line of await world.operations.logs(input)) {
    seen.push(line.text);
    if (line.text.startsWith("between")) {
      world.scheduler.print(id, "last words");
      world.scheduler.exit(id, 1);
      world.scheduler.restart(id);
      world.scheduler.print(id, "booting");
    }
    if (line.text === "booting") world.scheduler.print(id, "broken");
    if (line.text === "broken") {
      await delay(20);
      world.scheduler.print(id, "while nobody read");
      world.scheduler.restart(id);
    }
    if (line.text === "while nobody read") abort.abort();
  }
  assert.deepEqual(seen, [
    "before",
    "between the last lines and the next",
    "last words",
    "booting",
    "broken",
    "while nobody read",
  ]);
});

test("a one-off command gets the release's config and its own variables, and its exit code comes back", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  await world.operations.setConfig({ app: "shop", vars: { A: "1", B: "1" }, restart: true }, world.job());
  world.scheduler.scriptRuns(async () => 7);
  const { PassThrough } = await import("node:stream");
  const io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    terminal: undefined,
    signal: new AbortController().signal,
  };
  const code = await world.operations.run({ app: "shop", command: ["env", "-0"], env: { B: "2" } }, io);
  assert.equal(code, 7);
  assert.deepEqual(world.scheduler.runs.at(-1)?.config, { A: "1", B: "2" });
  assert.deepEqual(world.scheduler.runs.at(-1)?.command, ["env", "-0"]);
});

test("followed logs and one-off commands end when the daemon is told to stop", async (t) => {
  const world = await createWorld(t);
  await deployed(world);
  const signal = new AbortController().signal;
  const lines = await world.operations.logs({ app: "shop", processes: [], lines: 10, follow: true, signal });
  const read = Array.fromAsync(lines).catch(() => []);
  world.scheduler.scriptRuns(
    (_spec, io) => new Promise((_, reject) => io.signal.addEventListener("abort", () => reject(io.signal.reason))),
  );
  const { PassThrough } = await import("node:stream");
  const io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    terminal: undefined,
    signal,
  };
  const run = world.operations.run({ app: "shop", command: ["bash"], env: {} }, io);
  world.stop();
  await read;
  await assert.rejects(run, /being stopped/);
});
