import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { requestsOf } from "../../src/model/traffic.ts";
import type { RouteServer } from "../../src/routing/route-server.ts";
import { createTrafficKeeper, type TrafficKeeper } from "../../src/routing/traffic-keeper.ts";
import type { TrafficSnapshot } from "../../src/routing/traffic-source.ts";
import { type CleanUp, cleanUp } from "../router/helpers/clean-up.ts";
import { ask } from "../router/helpers/client.ts";
import { routesTo, startDyno } from "../router/helpers/dyno.ts";
import { silent, startRouteServer, startWorker, temporaryFolder } from "../router/helpers/worker.ts";

async function startKeeper(t: CleanUp, folder: string, server: RouteServer): Promise<TrafficKeeper> {
  const file = join(folder, "traffic.json");
  const keeper = createTrafficKeeper({ server, file, logger: silent, onSample: () => undefined, forgetAfterMs: 0 });
  await keeper.start();
  cleanUp(t, () => keeper.stop());
  return keeper;
}

function counted({ totals }: TrafficSnapshot, app = "app"): number {
  const traffic = totals.get(app);
  return traffic === undefined ? 0 : requestsOf(traffic);
}

async function greeted(server: RouteServer, count: number): Promise<void> {
  while (server.workers().length !== count) await new Promise((resolve) => setTimeout(resolve, 20));
}

suite("what the router has counted", () => {
  test("is added up over all workers, and stays when workers end or are killed and others take over", async (t) => {
    const folder = await temporaryFolder(t);
    const dyno = await startDyno(t, (request, response) => {
      response.statusCode = request.url === "/bad" ? 500 : 200;
      response.end("0123456789");
    });
    const server = await startRouteServer(t, folder);
    await server.replace([routesTo([dyno.target])]);
    const keeper = await startKeeper(t, folder, server);
    const [one, two] = [await startWorker(t, { folder }), await startWorker(t, { folder, worker: 2 })];
    await greeted(server, 2);
    for (let i = 0; i < 3; i++) await ask(one.port);
    await ask(two.port, { path: "/bad" });
    await ask(two.port, { host: "nobody.test" });
    const first = await keeper.snapshot();
    assert.deepEqual(first.totals.get("app")?.statuses, [0, 0, 3, 0, 0, 1]);
    assert.equal(first.totals.get("app")?.bytes, 40);
    assert.deepEqual(first.totals.get("")?.errors, { "unknown-host": 1 });
    assert.equal(first.workers, 2);

    await ask(one.port);
    await one.end("SIGTERM");
    await two.end("SIGKILL");
    await greeted(server, 0);
    assert.equal(counted(await keeper.snapshot()), 5);
    const three = await startWorker(t, { folder });
    await greeted(server, 1);
    await ask(three.port);
    assert.equal(counted(await keeper.snapshot()), 6);
    assert.equal(counted(await keeper.snapshot()), 6);
  });

  test("stays when the daemon is killed or stopped, with what came in meanwhile", async (t) => {
    const folder = await temporaryFolder(t);
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    const routes = [routesTo([dyno.target])];
    const server = await startRouteServer(t, folder);
    await server.replace(routes);
    const keeper = await startKeeper(t, folder, server);
    const worker = await startWorker(t, { folder });
    await greeted(server, 1);
    await ask(worker.port);
    await keeper.stop();
    await server.stop();
    await ask(worker.port);
    // This one knows of the first request only by what the other has saved, and of both by the worker.
    const next = await startRouteServer(t, folder);
    await next.replace(routes);
    const after = await startKeeper(t, folder, next);
    await greeted(next, 1);
    assert.equal(counted(await after.snapshot()), 2);
    await after.stop();
    assert.match(await readFile(join(folder, "traffic.json"), "utf8"), /"since":/);
    await worker.end();
    await next.stop();
    const last = await startRouteServer(t, folder);
    assert.equal(counted(await (await startKeeper(t, folder, last)).snapshot()), 2);
  });

  test("has what is open, and forgets an app that has gone", async (t) => {
    const folder = await temporaryFolder(t);
    let release: () => void = () => undefined;
    const dyno = await startDyno(t, (_request, response) => {
      release = () => void response.end("done");
      response.write("begun");
    });
    const server = await startRouteServer(t, folder);
    await server.replace([routesTo([dyno.target])]);
    const keeper = await startKeeper(t, folder, server);
    const worker = await startWorker(t, { folder });
    await greeted(server, 1);
    const answer = ask(worker.port);
    while (dyno.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual([...(await keeper.snapshot()).open], [["app", 1]]);
    release();
    await answer;
    const now = await keeper.snapshot();
    assert.deepEqual([...now.open], []);
    assert.equal(counted(now), 1);
    await server.withdraw("app");
    assert.equal((await keeper.snapshot()).totals.has("app"), false);
  });

  test("does not wait for a worker that hangs", async (t) => {
    const folder = await temporaryFolder(t);
    const server = await startRouteServer(t, folder);
    await server.replace([]);
    const keeper = await startKeeper(t, folder, server);
    const worker = await startWorker(t, { folder });
    await greeted(server, 1);
    worker.child.kill("SIGSTOP");
    assert.equal((await keeper.snapshot()).workers, 1);
    worker.child.kill("SIGCONT");
  });
});
