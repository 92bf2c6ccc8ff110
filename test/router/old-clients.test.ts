import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { freePort } from "../../src/lib/free-port.ts";
import { withEncodedTarget } from "../../src/router/raw-target.ts";
import { type CleanUp, cleanUp } from "./helpers/clean-up.ts";
import { ask, talk } from "./helpers/client.ts";
import { routesTo, startDyno } from "./helpers/dyno.ts";
import { askHttp2, tlsEntries } from "./helpers/tls.ts";
import { startWorker } from "./helpers/worker.ts";

const echo = (t: CleanUp) =>
  startDyno(t, ({ method, url, rawHeaders }, response) => response.end(`${method} ${url} ${rawHeaders.join("|")}`));
const head = (line: string) => `${line}\r\nHost: app.test\r\nConnection: close\r\n\r\n`;

suite("a request without a host", () => {
  const cases = [
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nHost:\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n",
  ];
  for (const request of cases) {
    test(`goes to the app for all hosts: ${JSON.stringify(request)}`, async (t) => {
      const dyno = await echo(t);
      const everything = { ...routesTo([dyno.target], "all"), hosts: ["*"] };
      const worker = await startWorker(t, { apps: [everything] });
      const answer = await talk(worker.port, request);
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nGET \/ Host\|\|/);
      assert.doesNotMatch(answer, /X-Forwarded-Host/);
      const other = await startWorker(t, { apps: [routesTo([dyno.target])] });
      assert.match(await talk(other.port, request), /^HTTP\/1\.1 400 /);
    });
  }

  test("is refused over HTTP/1.1 and HTTP/2, which require one", async (t) => {
    const dyno = await echo(t);
    const https = await freePort("127.0.0.1");
    const apps = [{ ...routesTo([dyno.target]), hosts: ["*"] }];
    const worker = await startWorker(t, { apps, entries: tlsEntries(), https });
    assert.match(await talk(worker.port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 400 /);
    for (const target of ["http:///", "http://@/", "//"]) {
      const text = await talk(worker.port, `GET ${target} HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n`);
      assert.match(text, /^HTTP\/1\.1 400 /, target);
    }
    assert.deepEqual(dyno.seen, []);
  });
});

suite("a path with bytes beyond ASCII", () => {
  const utf8 = (text: string) => Buffer.from(text).toString("latin1");
  const passed = /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nGET \/caf%C3%A9\?q=%C3%BC /;

  test("reaches the app in percent-encoding, also over TLS and behind a PROXY header", async (t) => {
    const dyno = await echo(t);
    const https = await freePort("127.0.0.1");
    const apps = [routesTo([dyno.target])];
    const worker = await startWorker(t, { apps, entries: tlsEntries(), https });
    const request = utf8(head("GET /café?q=ü HTTP/1.1"));
    assert.match(await converse(connect(worker.port, "127.0.0.1"), [request]), passed);
    const tls: ConnectionOptions = {
      port: https,
      host: "127.0.0.1",
      servername: "app.test",
      rejectUnauthorized: false,
    };
    assert.match(await converse(connectTls(tls), [request]), passed);
    const proxied = await startWorker(t, { apps, proxyProtocol: true });
    const line = "PROXY TCP4 192.0.2.7 10.0.0.9 4711 80\r\n";
    const answer = await converse(connect(proxied.port, "127.0.0.1"), [line + request]);
    assert.match(answer, passed);
    assert.match(answer, /X-Forwarded-For\|192\.0\.2\.7/);
    const session = connectHttp2(`https://127.0.0.1:${https}`, { rejectUnauthorized: false });
    cleanUp(t, () => session.destroy());
    assert.match((await askHttp2(session, { ":path": utf8("/café?q=ü") })).body, /^GET \/caf%C3%A9\?q=%C3%BC /);
    await worker.logged(/path="\/caf%C3%A9\?q=%C3%BC"/);
  });

  test("costs the connection nothing: bodies, later requests and pieces that come later are read", async (t) => {
    const dyno = await startDyno(t, async (request, response) => {
      response.end(`<${request.method} ${request.url} ${(await request.setEncoding("utf8").toArray()).join("")}>`);
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const post = (path: string) => utf8(`POST ${path} HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nab`);
    const pieces = [post("/é"), "cd", post("/ü"), "ef", head("GET /plain HTTP/1.1")];
    const answer = await converse(connect(worker.port, "127.0.0.1"), pieces);
    assert.deepEqual(answer.match(/<.*>/g), ["<POST /%C3%A9 abcd>", "<POST /%C3%BC abef>", "<GET /plain >"]);
  });

  test("changes nothing of what else is wrong with a request", async (t) => {
    const dyno = await echo(t);
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const wrong = [
      "GET /é b HTTP/1.1\r\nHost: app.test\r\n\r\n",
      "GET /é HTTP/1.1\nHost: app.test\n\n",
      "GET /é\r\n\r\n",
      "GET /é HTTP/2.0\r\nHost: app.test\r\n\r\n",
      "GET /é\x01 HTTP/1.1\r\nHost: app.test\r\n\r\n",
      "GET http://é.test/ HTTP/1.1\r\nHost: app.test\r\n\r\n",
      "GET /é HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET /é HTTP/1.1\r\nHost: app.test\r\nX-A: a\nX-B: b\r\n\r\n",
      "GET /é HTTP/1.1\r\nHost: app.test\r\n X-A: a\r\n\r\n",
      "LOCK /é HTTP/1.1\r\nHost: app.test\r\n\r\n",
    ];
    for (const request of wrong) {
      const answer = await converse(connect(worker.port, "127.0.0.1"), [utf8(request)]);
      assert.match(answer, /^HTTP\/1\.1 400 (?:(?!HTTP\/1\.1)[\s\S])*$/, request);
    }
    // The first letters came before.
    const split = await converse(connect(worker.port, "127.0.0.1"), ["GET ", utf8(head("GET /é HTTP/1.1"))]);
    assert.match(split, /^HTTP\/1\.1 400 /);
    assert.deepEqual(dyno.seen, []);
  });

  test("is encoded only where the parser failed at such a byte of the packet's first line", () => {
    const error = (rawPacket: Buffer, bytesParsed: number, code = "HPE_INVALID_URL") =>
      withEncodedTarget(Object.assign(new Error(), { code, rawPacket, bytesParsed }));
    const packet = Buffer.from("GET /é HTTP/1.1\r\nX: é\r\n\r\n");
    assert.equal(error(packet, 5)?.toString(), "GET /%C3%A9 HTTP/1.1\r\nX: é\r\n\r\n");
    assert.equal(error(packet, 4), undefined);
    assert.equal(error(packet, 5, "HPE_INVALID_METHOD"), undefined);
    assert.equal(error(Buffer.from("POST / HTTP/1.1\r\n\r\nGET /é HTTP/1.1\r\n\r\n"), 24), undefined);
    assert.equal(error(Buffer.from("UNLOCK /é HTTP/1.1\r\n\r\n"), 8)?.toString("latin1", 0, 9), "UNLOCK /%");
  });
});

suite("a method that is not known", () => {
  test("gets 501 and a page over HTTP/1.1 and HTTP/2, and reaches no app", async (t) => {
    const dyno = await echo(t);
    const https = await freePort("127.0.0.1");
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])], entries: tlsEntries(), https });
    const session = connectHttp2(`https://127.0.0.1:${https}`, { rejectUnauthorized: false });
    cleanUp(t, () => session.destroy());
    for (const method of ["BREW", "FOO", "get", "GETX", "foo-bar", "PROPFINDX", "M'"]) {
      const answer = await talk(worker.port, head(`${method} / HTTP/1.1`));
      assert.match(answer, /^HTTP\/1\.1 501 Not Implemented\r\n[\s\S]*\r\nBerth-Error: unknown-method\r\n/, method);
      const { headers } = await askHttp2(session, { ":method": method });
      assert.deepEqual([headers[":status"], headers["berth-error"]], [501, "unknown-method"], method);
    }
    assert.deepEqual(dyno.seen, []);
    for (const method of ["QUERY", "PROPFIND", "M-SEARCH"]) {
      assert.equal((await ask(worker.port, { method })).status, 200, method);
      assert.equal((await askHttp2(session, { ":method": method })).headers[":status"], 200, method);
    }
    // What is no line of HTTP stays what it was.
    for (const line of ["HELO there", "FOO / HTTP/3.0", "F{} / HTTP/1.1", "FOO  / HTTP/1.1"]) {
      assert.match(await talk(worker.port, head(line)), /^HTTP\/1\.1 400 /, line);
    }
  });

  test("behind an answered request ends the connection with its page", async (t) => {
    const dyno = await echo(t);
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const pieces = ["POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\n\r\nx", head("BREW /pot HTTP/1.1")];
    assert.match(await converse(connect(worker.port, "127.0.0.1"), pieces), /^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 501 /);
  });
});

/** Sends the pieces, in latin1, each a moment after the one before. Returns all that came back. */
async function converse(socket: Socket, pieces: readonly string[]): Promise<string> {
  let text = "";
  socket.on("data", (data) => {
    text += data.toString("latin1");
  });
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "encrypted" in socket ? "secureConnect" : "connect");
  for (const piece of pieces) {
    socket.write(piece, "latin1");
    await delay(50);
  }
  await closed;
  return text;
}
