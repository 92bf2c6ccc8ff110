import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { suite, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { type CleanUp, cleanUp } from "./helpers/clean-up.ts";
import { talk } from "./helpers/client.ts";
import { deadTarget, routesTo, startDyno, startRawDyno } from "./helpers/dyno.ts";
import { startRouteServer, startWorker, temporaryFolder } from "./helpers/worker.ts";

async function startEcho(t: CleanUp) {
  const dyno = await startDyno(t, (request, response) =>
    response.writeHead(426).end(`plain ${request.headers.upgrade}`),
  );
  const sockets = new WebSocketServer({ server: dyno.server });
  const headers: NodeJS.Dict<string | string[]>[] = [];
  sockets.on("connection", (socket, request) => {
    headers.push({ ...request.headers, url: request.url });
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  cleanUp(t, () => sockets.close());
  return { dyno, sockets, headers };
}

function open(port: number, path = "/", headers: Record<string, string> = {}): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { host: "app.test", ...headers } });
  socket.on("error", () => undefined);
  return socket;
}

function get(path: string, more = ""): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`
  );
}

suite("WebSockets", () => {
  test("messages pass in both directions, and the dyno learns who asks", async (t) => {
    const { dyno, headers } = await startEcho(t);
    const worker = await startWorker(t, { apps: [routesTo([await deadTarget(), dyno.target])] });
    for (let i = 0; i < 2; i++) {
      const socket = open(worker.port, "/a//b?x=1", { cookie: "c=1" });
      await once(socket, "open");
      const big = "x".repeat(1_000_000);
      for (const text of ["one", big]) {
        socket.send(text);
        assert.equal(String((await once(socket, "message"))[0]), text);
      }
      socket.close(1000, "bye");
      assert.equal((await once(socket, "close"))[0], 1000);
    }
    const [first] = headers;
    assert.equal(first?.url, "/a//b?x=1");
    assert.equal(first?.cookie, "c=1");
    assert.equal(first?.host, "app.test");
    assert.equal(first?.["x-forwarded-for"], "127.0.0.1");
    assert.equal(first?.["x-forwarded-proto"], "http");
    assert.match(String(first?.["x-request-id"]), /^[0-9a-f-]{36}$/);
    await worker.end("SIGTERM");
    assert.match((await worker.accessLines())[0] ?? "", /path="\/a\/\/b\?x=1" .* status=101 bytes=\d{7} /);
  });

  test("what the client sends right behind its request is not lost", async (t) => {
    const { target } = await startRawDyno(t, (socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst");
        socket.on("data", (chunk) => socket.write(chunk));
      });
    });
    const worker = await startWorker(t, { apps: [routesTo([target])] });
    const socket = connect(worker.port, "127.0.0.1");
    socket.write(`${get("/")}early`);
    let text = "";
    while (!text.endsWith("early")) text += String((await once(socket, "data"))[0]);
    assert.match(text, /^HTTP\/1.1 101 [\s\S]*\r\n\r\nfirst/);
    socket.destroy();
  });

  const declined = [
    {
      name: "in chunks",
      answer:
        "HTTP/1.1 401 Unauthorized\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
    },
    { name: "of known length", answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno" },
  ];
  for (const { name, answer } of declined) {
    test(`a dyno's refusal ${name} reaches the client whole`, async (t) => {
      const { target } = await startRawDyno(t, (socket) => void socket.once("data", () => socket.write(answer)));
      const worker = await startWorker(t, { apps: [routesTo([target])] });
      const text = await talk(worker.port, get("/"));
      assert.match(text, new RegExp(`^${answer.slice(0, 12)}`));
      assert.match(text, /Connection: close/);
      assert.match(text, name === "in chunks" ? /a=1[\s\S]*b=2[\s\S]*\r\n\r\n2\r\nno\r\n0\r\n\r\n$/ : /\r\n\r\nno$/);
    });
  }

  test("unknown host, no dynos, refusal, silence and a closed connection each get their page", async (t) => {
    const silent = await startRawDyno(t, (socket) => socket.resume());
    const closing = await startRawDyno(t, (socket) => void socket.once("data", () => socket.destroy()));
    const worker = await startWorker(t, {
      apps: [
        routesTo([], "empty"),
        routesTo([await deadTarget()], "dead"),
        // Its own limit: that of the worker would be 30 seconds.
        { ...routesTo([silent.target], "silent"), limits: { firstByteMs: 200 } },
        routesTo([closing.target], "closing"),
      ],
    });
    const codes = {
      "no.test": "unknown-host",
      "empty.test": "H14",
      "dead.test": "H21",
      "silent.test": "H12",
      "closing.test": "H13",
    };
    for (const [host, code] of Object.entries(codes)) {
      const text = await talk(worker.port, get("/").replace("app.test", host));
      assert.match(text, new RegExp(`^HTTP/1.1 (404|503) [\\s\\S]*Berth-Error: ${code}\r\n[\\s\\S]*\r\n\r\n.`), host);
    }
  });

  test("live as long as they speak, and are closed after the app's limit of silence", async (t) => {
    const { dyno, sockets } = await startEcho(t);
    const worker = await startWorker(t, { apps: [{ ...routesTo([dyno.target]), limits: { idleMs: 1_000 } }] });
    const socket = open(worker.port);
    await once(socket, "open");
    const closed = once(socket, "close");
    for (let i = 0; i < 6; i++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      for (const client of sockets.clients) client.send(`${i}`);
    }
    assert.equal(socket.readyState, socket.OPEN);
    await closed;
    await worker.logged(/at=error code=H15 desc="Idle connection" .* status=101 /);
    assert.equal(sockets.clients.size, 0);
  });

  test("other upgrades are answered as plain requests", async (t) => {
    const { dyno } = await startEcho(t);
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const text = await talk(
      worker.port,
      "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n",
    );
    assert.match(text, /plain undefined/);
  });

  test("either side that breaks off takes the other one with it", async (t) => {
    const { dyno, sockets } = await startEcho(t);
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const first = open(worker.port);
    await once(first, "open");
    const [atDyno] = [...sockets.clients];
    const closed = once(atDyno as WebSocket, "close");
    first.terminate();
    await closed;
    const second = open(worker.port);
    await once(second, "open");
    for (const client of sockets.clients) client.terminate();
    await once(second, "close");
  });

  test("an open connection counts: its target is drained only when it ends", async (t) => {
    const { dyno } = await startEcho(t);
    const folder = await temporaryFolder(t);
    const server = await startRouteServer(t, folder);
    const worker = await startWorker(t, { folder });
    await server.replace([routesTo([dyno.target])]);
    const socket = open(worker.port);
    await once(socket, "open");
    await server.publish(routesTo([]));
    let isDrained = false;
    const drained = server.drained([dyno.target.id], 10_000).then(() => {
      isDrained = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(isDrained, false);
    socket.close();
    await drained;
  });

  test("on a deploy, goes on with the old dyno for its time of grace, and new ones go to the new dyno", async (t) => {
    const [{ dyno: old }, { dyno: fresh, sockets }] = [await startEcho(t), await startEcho(t)];
    const folder = await temporaryFolder(t);
    const server = await startRouteServer(t, folder);
    const worker = await startWorker(t, { folder });
    await server.replace([routesTo([old.target])]);
    const before = open(worker.port);
    await once(before, "open");
    await server.publish(routesTo([fresh.target]));
    const drained = server.drained([old.target.id], 60_000, 500);
    const after = open(worker.port);
    await once(after, "open");
    assert.equal(sockets.clients.size, 1);
    before.send("still here");
    assert.match(String((await once(before, "message"))[0]), /still here/);
    await once(before, "close");
    await drained;
    assert.equal(after.readyState, after.OPEN);
    after.terminate();
  });
});
