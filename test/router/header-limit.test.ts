import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { suite, test } from "node:test";
import { freePort } from "../../src/lib/free-port.ts";
import { type CleanUp, cleanUp } from "./helpers/clean-up.ts";
import { ask, talk } from "./helpers/client.ts";
import { routesTo, startRawDyno } from "./helpers/dyno.ts";
import { askHttp2, tlsEntries } from "./helpers/tls.ts";
import { startWorker } from "./helpers/worker.ts";

/** node's own server has a limit, too. This one answers with how many times there was an x in the head. */
function startCountingDyno(t: CleanUp) {
  return startRawDyno(t, (socket) => {
    let head = "";
    socket.on("data", (data) => {
      head += data;
      if (!head.endsWith("\r\n\r\n")) return;
      const count = String(head.split("x").length - 1);
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${count.length}\r\n\r\n${count}`);
    });
  });
}

suite("the limit of a line in a request's head", () => {
  const kilobytes = (count: number) => "x".repeat(count * 1_024 - 20);

  test("is each app's own, for headers and the first line, over HTTP/1.1 and HTTP/2", async (t) => {
    const dyno = await startCountingDyno(t);
    const https = await freePort("127.0.0.1");
    const usual = routesTo([dyno.target], "usual");
    const generous = { ...routesTo([dyno.target], "generous"), switches: { headerLimit: 64 * 1_024 } };
    const worker = await startWorker(t, { apps: [usual, generous], entries: tlsEntries(), https });
    const session = connectHttp2(`https://127.0.0.1:${https}`, {
      rejectUnauthorized: false,
      maxSendHeaderBlockLength: 1024 * 1024,
    });
    cleanUp(t, () => session.destroy());
    // biome-ignore format: a table
    const cases = [
      { app: "usual", long: 8, path: 1, status: 200 },
      { app: "usual", long: 9, path: 1, status: 431 },
      { app: "usual", long: 1, path: 9, status: 414 },
      { app: "nobody", long: 9, path: 1, status: 431 },
      { app: "generous", long: 64, path: 1, status: 200 },
      { app: "generous", long: 1, path: 64, status: 200 },
      { app: "generous", long: 65, path: 1, status: 431 },
      { app: "generous", long: 1, path: 65, status: 414 },
    ];
    for (const { app, long, path, status } of cases) {
      const [host, target, headers] = [`${app}.test`, `/${kilobytes(path)}`, { "x-long": kilobytes(long) }];
      const one = await ask(worker.port, { host, path: target, headers });
      assert.equal(one.status, status, `HTTP/1.1 ${app} ${long} ${path}`);
      if (Math.max(long, path) > 64) continue;
      const two = await askHttp2(session, { ":authority": host, ":path": target, ...headers });
      assert.equal(two.headers[":status"], status, `HTTP/2 ${app} ${long} ${path}`);
      if (status === 200)
        assert.deepEqual([one.body, two.body], Array(2).fill(String(long * 1_024 + path * 1_024 - 39)));
    }
  });

  test("holds for WebSockets", async (t) => {
    const worker = await startWorker(t, { apps: [routesTo([])] });
    const upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n";
    const head = `GET / HTTP/1.1\r\nHost: app.test\r\n${upgrade}X-Long: ${kilobytes(9)}\r\n\r\n`;
    assert.match(await talk(worker.port, head), /^HTTP\/1.1 431 /);
  });
});
