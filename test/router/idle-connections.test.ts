import assert from "node:assert/strict";
import { Agent } from "node:http";
import { connect, type Socket } from "node:net";
import { suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Target } from "../../src/model/route.ts";
import { IdleHabit } from "../../src/router/idle-habit.ts";
import type { CleanUp } from "./helpers/clean-up.ts";
import { ask } from "./helpers/client.ts";
import { routesTo, startRawDyno } from "./helpers/dyno.ts";
import { startWorker } from "./helpers/worker.ts";

/** A dyno that closes a connection so long after an answer; `header` is what it says about that. */
function startImpatientDyno(
  t: CleanUp,
  idleMs: number,
  header = "",
): Promise<{ target: Target; readonly sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const dyno = startRawDyno(t, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    let timer: NodeJS.Timeout | undefined;
    socket.on("data", () => {
      clearTimeout(timer);
      socket.write(`HTTP/1.1 200 OK\r\n${header}Content-Length: 2\r\n\r\nok`);
      if (idleMs === 0) socket.destroy();
      else timer = setTimeout(() => socket.destroy(), idleMs);
    });
    socket.once("close", () => clearTimeout(timer));
  });
  return dyno.then(({ target }) => ({ target, sockets }));
}

suite("connections to dynos that are not used", () => {
  const cases = [
    { idleMs: 0, method: "POST" },
    { idleMs: 200, method: "PATCH" },
    { idleMs: 500, method: "POST" },
    { idleMs: 500, method: "PUT", header: "Keep-Alive: timeout=5\r\n" },
    { idleMs: 1_000, method: "POST", header: "Keep-Alive: timeout=1\r\n" },
    { idleMs: 1_000, method: "GET" },
  ];
  for (const { idleMs, method, header } of cases) {
    test(`cost no ${method} when the dyno closes them after ${idleMs} ms${header ? " and says otherwise" : ""}`, async (t) => {
      const dyno = await startImpatientDyno(t, idleMs, header);
      const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
      const agent = new Agent({ keepAlive: true });
      const failed: string[] = [];
      const client = async (number: number) => {
        for (let i = 0; i < Math.max(3, Math.min(40, 2_000 / (idleMs + 1))); i++) {
          const answer = await ask(worker.port, { agent, method, ...(method !== "GET" && { body: "x" }) });
          if (answer.status !== 200) failed.push(`${answer.status} ${answer.headers["berth-error"]}`);
          await delay(Math.max(0, idleMs - 3 + ((number + i) % 6)));
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, number) => client(number)));
      agent.destroy();
      assert.deepEqual(failed, []);
    });
  }

  test("are looked at for an end that came before the request, even when both come at once", async (t) => {
    const dyno = await startImpatientDyno(t, 60_000);
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    assert.equal((await ask(worker.port)).status, 200);
    await delay(700);
    // Now it is known that the dyno keeps them for so long.
    assert.equal((await ask(worker.port)).status, 200);
    assert.equal(dyno.sockets.size, 1);
    const client = connect(worker.port, "127.0.0.1");
    let text = "";
    client.on("data", (data) => {
      text += data;
    });
    const closed = new Promise((resolve) => client.once("close", resolve));
    await new Promise((resolve) => client.once("connect", resolve));
    // The worker accepts the connection before it is stopped.
    await ask(worker.port, { host: "no.test" });
    worker.child.kill("SIGSTOP");
    client.write("POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
    await delay(20);
    for (const socket of dyno.sockets) socket.destroy();
    await delay(20);
    worker.child.kill("SIGCONT");
    await closed;
    assert.match(text, /^HTTP\/1.1 200 /);
  });
});

test("a dyno's patience is trusted as far as it was seen, less a margin", () => {
  const habit = new IdleHabit();
  assert.deepEqual([habit.isCertain(0), habit.isCertain(1)], [false, false]);
  habit.onSurvived(1_000);
  assert.deepEqual([habit.isCertain(799), habit.isCertain(800)], [true, false]);
  habit.onClosed(500);
  assert.deepEqual([habit.isCertain(399), habit.isCertain(400)], [true, false]);
  habit.onSurvived(300);
  assert.equal(habit.isCertain(399), true);
  habit.onClosed(0);
  assert.deepEqual([habit.isCertain(0), habit.isCertain(1)], [false, false]);
});
