import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { suite, test } from "node:test";
import pino from "pino";
import { Channel } from "../../src/lib/channel.ts";
import { readJsonLines, writeJsonLine } from "../../src/lib/json-lines.ts";
import type { DaemonMessage, WorkerMessage } from "../../src/model/route.ts";
import { createRouteServer } from "../../src/routing/route-server.ts";
import { type CleanUp, cleanUp } from "../router/helpers/clean-up.ts";
import { routesTo } from "../router/helpers/dyno.ts";
import { temporaryFolder } from "../router/helpers/worker.ts";

const target = { id: "c1", dyno: "web.1", address: "10.0.0.2", port: 5000 };

async function start(t: CleanUp, acknowledgeTimeoutMs = 5_000) {
  const folder = await temporaryFolder(t);
  const lines: { msg: string }[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const path = join(folder, "routes.sock");
  const server = createRouteServer({
    socketPath: path,
    snapshot: join(folder, "routes.json"),
    acknowledgeTimeoutMs,
    logger,
  });
  await server.start();
  cleanUp(t, () => server.stop());
  return { server, path, lines };
}

/** A worker that says what the test says. */
class FakeWorker {
  readonly socket: Socket;
  readonly #messages = new Channel<DaemonMessage>();
  readonly #iterator = this.#messages[Symbol.asyncIterator]();

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on("error", () => undefined);
    readJsonLines(this.socket, {
      onValue: (value) => this.#messages.push(value as DaemonMessage),
      onInvalid: (error) => this.#messages.close(error),
    });
  }

  say(...messages: WorkerMessage[]): void {
    for (const message of messages) writeJsonLine(this.socket, message);
  }

  async hears(): Promise<DaemonMessage> {
    return (await this.#iterator.next()).value as DaemonMessage;
  }

  /** Subscribes and applies the table. */
  async follow(): Promise<number> {
    this.say({ type: "watch" }, { type: "list" });
    assert.equal((await this.hears()).type, "watching");
    const answer = await this.hears();
    assert.ok(answer.type === "table");
    this.say({ type: "applied", revision: answer.table.revision });
    return answer.table.revision;
  }
}

/** True when it settles within the time. */
async function settles(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, ms, false))]);
}

suite("the route server", () => {
  test("answers no worker before it was told the whole table", async (t) => {
    const { server, path } = await start(t);
    const worker = new FakeWorker(path);
    const following = worker.follow();
    assert.equal(await settles(following, 100), false);
    await assert.rejects(server.publish(routesTo([target])), /replace\(\) comes first/);
    const replaced = server.replace([routesTo([target])]);
    await following;
    await replaced;
  });

  test("publish resolves when every worker has acknowledged, or has gone", async (t) => {
    const { server, path } = await start(t);
    await server.replace([]);
    const [one, two] = [new FakeWorker(path), new FakeWorker(path)];
    await one.follow();
    await two.follow();
    const published = server.publish(routesTo([target]));
    const [change] = [await one.hears(), await two.hears()];
    assert.ok(change.type === "change" && "set" in change.change);
    one.say({ type: "applied", revision: change.change.revision });
    assert.equal(await settles(published, 100), false);
    two.socket.destroy();
    await published;
    await server.publish(routesTo([target]));
  });

  test("a worker that hangs delays publish by the timeout, and is named in a warning", async (t) => {
    const { server, path, lines } = await start(t, 100);
    await server.replace([]);
    const worker = new FakeWorker(path);
    worker.say({ type: "hello", pid: 1234, worker: 1, fingerprint: "f" });
    await worker.follow();
    await server.publish(routesTo([target]));
    assert.ok(lines.some((line) => JSON.stringify(line).includes("1234") && /did not acknowledge/.test(line.msg)));
  });

  test("what is published already is not sent again, and an app that was not there is not withdrawn", async (t) => {
    const { server, path } = await start(t);
    await server.replace([routesTo([target])]);
    const worker = new FakeWorker(path);
    const revision = await worker.follow();
    await server.publish(routesTo([target]));
    await server.withdraw("other");
    await server.replace([routesTo([target])]);
    const withdrawn = server.withdraw("app");
    assert.deepEqual(await worker.hears(), { type: "change", change: { revision: revision + 1, remove: "app" } });
    worker.say({ type: "applied", revision: revision + 1 });
    await withdrawn;
  });

  test("drained waits for each worker, and a worker that goes away has nothing open", async (t) => {
    const { server, path } = await start(t);
    await server.replace([]);
    const [one, two] = [new FakeWorker(path), new FakeWorker(path)];
    await one.follow();
    await two.follow();
    const drained = server.drained(["a", "b"], 5_000);
    assert.deepEqual(
      [await one.hears(), await one.hears()],
      [
        { type: "drain", target: "a" },
        { type: "drain", target: "b" },
      ],
    );
    one.say({ type: "drained", target: "a" }, { type: "drained", target: "b" });
    assert.equal(await settles(drained, 100), false);
    two.socket.destroy();
    await drained;
    assert.equal(await settles(server.drained(["a"], 50), 2_000), true);
  });

  test("a connection that speaks something else is closed, and others go on", async (t) => {
    const { server, path } = await start(t);
    await server.replace([]);
    for (const text of ["GET / HTTP/1.1\r\n\r\n", "null\n", "[1,\n", '"x"\n']) {
      const stranger = connect(path);
      stranger.write(text);
      await new Promise((resolve) => stranger.once("close", resolve));
    }
    await new FakeWorker(path).follow();
  });
});
