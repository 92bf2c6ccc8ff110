import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { RouteTable } from "../../src/model/route.ts";
import type { CleanUp } from "./helpers/clean-up.ts";
import { ask, load } from "./helpers/client.ts";
import { routesTo, startDyno } from "./helpers/dyno.ts";
import { startRouteServer, startWorker, temporaryFolder } from "./helpers/worker.ts";

function answering(t: CleanUp, text: string, delayMs = 0) {
  return startDyno(t, (_request, response) => void setTimeout(() => response.end(text), delayMs));
}

async function snapshotIn(folder: string): Promise<RouteTable> {
  return JSON.parse(await readFile(join(folder, "routes.json"), "utf8"));
}

suite("a worker and the daemon's route table", () => {
  test("a published change is in force when publish resolves", async (t) => {
    const folder = await temporaryFolder(t);
    const server = await startRouteServer(t, folder);
    const worker = await startWorker(t, { folder });
    assert.equal((await stat(join(folder, "routes.sock"))).mode & 0o777, 0o600);
    await server.replace([]);
    assert.equal((await ask(worker.port)).status, 404);
    for (let i = 0; i < 10; i++) {
      const dyno = await answering(t, `dyno ${i}`);
      await server.publish(routesTo([dyno.target]));
      assert.equal((await ask(worker.port)).body, `dyno ${i}`);
    }
    await server.withdraw("app");
    assert.equal((await ask(worker.port)).status, 404);
  });

  test("a name that moves to another app works at every step of a rename", async (t) => {
    const folder = await temporaryFolder(t);
    const server = await startRouteServer(t, folder);
    const worker = await startWorker(t, { folder });
    const dyno = await answering(t, "ok");
    await server.replace([routesTo([dyno.target], "old")]);
    await server.publish({ ...routesTo([dyno.target], "new"), hosts: ["old.test", "new.test"] });
    await server.withdraw("old");
    assert.equal((await ask(worker.port, { host: "old.test" })).status, 200);
    assert.equal((await ask(worker.port, { host: "new.test" })).status, 200);
  });

  test("a target is drained when its last request is answered, and not before", async (t) => {
    const folder = await temporaryFolder(t);
    const server = await startRouteServer(t, folder);
    const worker = await startWorker(t, { folder });
    const release = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const old = await startDyno(t, async (_request, response) => {
      response.write("slow ");
      arrived.resolve();
      await release.promise;
      response.end("answer");
    });
    await server.replace([routesTo([old.target])]);
    const answer = ask(worker.port);
    await arrived.promise;
    await server.publish(routesTo([(await answering(t, "new")).target]));
    let isDrained = false;
    const drained = server.drained([old.target.id], 5_000).then(() => {
      isDrained = true;
    });
    await server.drained([old.target.id], 50);
    assert.equal((await ask(worker.port)).body, "new");
    assert.equal(isDrained, false);
    release.resolve();
    assert.equal((await answer).body, "slow answer");
    await drained;
    await server.drained(["unknown"], 60_000);
  });

  test("a worker without a daemon serves from the snapshot, and takes up the daemon's table when that comes", async (t) => {
    const folder = await temporaryFolder(t);
    const [old, fresh] = [await answering(t, "old"), await answering(t, "new")];
    const worker = await startWorker(t, { folder, apps: [routesTo([old.target])] });
    assert.equal((await ask(worker.port)).body, "old");
    const server = await startRouteServer(t, folder);
    await worker.said("listening");
    // The daemon does not know its apps yet: nothing may change for the worker.
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal((await ask(worker.port)).body, "old");
    await server.replace([routesTo([fresh.target])]);
    assert.equal((await ask(worker.port)).body, "new");
  });

  test("the snapshot has the last table, also when changes come faster than the disk", async (t) => {
    const folder = await temporaryFolder(t);
    const server = await startRouteServer(t, folder);
    const worker = await startWorker(t, { folder });
    const dyno = await answering(t, "ok");
    await server.replace([]);
    await Promise.all(Array.from({ length: 200 }, (_, i) => server.publish(routesTo([dyno.target], `app${i}`))));
    await worker.end("SIGTERM");
    const table = await snapshotIn(folder);
    assert.equal(table.apps.length, 200);
    const again = await startWorker(t, { folder });
    assert.equal((await ask(again.port, { host: "app7.test" })).status, 200);
  });

  test("a snapshot that is no table is reported and costs nothing else", async (t) => {
    const folder = await temporaryFolder(t);
    const worker = await startWorker(t, { folder, apps: [null as never] });
    assert.equal((await ask(worker.port)).status, 404);
    assert.ok(worker.log.some(({ msg }) => msg === "cannot read snapshot, waiting for the daemon's table"));
  });

  test("revisions grow over restarts of the daemon, also when its clock was set back", async (t) => {
    const folder = await temporaryFolder(t);
    const future = Date.now() + 1_000_000;
    await writeFile(join(folder, "routes.json"), JSON.stringify({ revision: future, apps: [] }));
    const worker = await startWorker(t, { folder });
    for (let i = 0; i < 3; i++) {
      const server = await startRouteServer(t, folder);
      const dyno = await answering(t, `daemon ${i}`);
      await server.replace([]);
      await server.settled(() => [worker.child.pid]);
      await server.publish(routesTo([dyno.target]));
      assert.equal((await ask(worker.port)).body, `daemon ${i}`);
      await server.stop();
    }
    await worker.end("SIGTERM");
    assert.ok((await snapshotIn(folder)).revision > future);
  });
});

suite("no request is lost", () => {
  test("while targets change under load", async (t) => {
    const folder = await temporaryFolder(t);
    const server = await startRouteServer(t, folder);
    const worker = await startWorker(t, { folder });
    let current = await answering(t, "first", 2);
    await server.replace([routesTo([current.target])]);
    await server.settled(() => [worker.child.pid]);
    const running = load(worker.port, 8);
    for (let i = 0; i < 20; i++) {
      const next = await answering(t, `dyno ${i}`, 2);
      await server.publish(routesTo([next.target]));
      await server.drained([current.target.id], 5_000);
      await current.stop();
      current = next;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    const { answered, failures } = await running.stop();
    assert.deepEqual(failures, []);
    assert.ok(answered > 100, String(answered));
  });

  test("when the daemon dies and comes back under load", async (t) => {
    const folder = await temporaryFolder(t);
    const dyno = await answering(t, "ok", 2);
    const worker = await startWorker(t, { folder });
    const first = await startRouteServer(t, folder);
    await first.replace([routesTo([dyno.target])]);
    await first.settled(() => [worker.child.pid]);
    const running = load(worker.port, 8);
    for (let i = 0; i < 5; i++) {
      await first.stop();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await first.start();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { answered, failures } = await running.stop();
    assert.deepEqual(failures, []);
    assert.ok(answered > 100, String(answered));
  });

  test("when a worker is replaced by another under load", async (t) => {
    // Without it the kernel may reset a connection that waits to be accepted when a worker stops listening.
    const isMigrating = (await readFile("/proc/sys/net/ipv4/tcp_migrate_req", "utf8")).trim() === "1";
    const folder = await temporaryFolder(t);
    const dyno = await answering(t, "ok", 2);
    let worker = await startWorker(t, { folder, apps: [routesTo([dyno.target])] });
    const running = load(worker.port, 8, !isMigrating);
    for (let i = 0; i < 5; i++) {
      const next = await startWorker(t, { folder, port: worker.port });
      await worker.end("SIGTERM");
      worker = next;
    }
    const { answered, failures } = await running.stop();
    assert.deepEqual(failures, []);
    assert.ok(answered > 100, String(answered));
  });
});

test("SIGTERM lets the open request finish, and cuts what is open after the grace time", async (t) => {
  const release = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const dyno = await startDyno(t, async (request, response) => {
    response.write("begin ");
    arrived.resolve();
    if (request.url === "/never") return;
    await release.promise;
    response.end("end");
  });
  const worker = await startWorker(t, { apps: [routesTo([dyno.target])], limits: { graceMs: 1_000 } });
  const whole = ask(worker.port);
  const cut = assert.rejects(ask(worker.port, { path: "/never" }));
  await arrived.promise;
  const ended = worker.end("SIGTERM");
  await worker.said("retiring");
  release.resolve();
  assert.equal((await whole).body, "begin end");
  await cut;
  await ended;
  await assert.rejects(readFile(join(worker.folder, "router-1.pid")), { code: "ENOENT" });
});

test("signals of the daemon's terminal do not reach a worker", async (t) => {
  const worker = await startWorker(t, { apps: [] });
  worker.child.kill("SIGINT");
  worker.child.kill("SIGHUP");
  assert.equal((await ask(worker.port)).status, 404);
  assert.equal(worker.child.exitCode, null);
});
