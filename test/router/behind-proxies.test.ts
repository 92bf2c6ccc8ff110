import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { freePort } from "../../src/lib/free-port.ts";
import { readProxyHeader } from "../../src/router/proxy-header.ts";
import { proxiesEntry } from "../../src/routing/proxies-entry.ts";
import { reloadSettings } from "../../src/routing/reload.ts";
import { type CleanUp, cleanUp } from "./helpers/clean-up.ts";
import { ask, talk } from "./helpers/client.ts";
import { routesTo, startDyno } from "./helpers/dyno.ts";
import { askHttp2, certificateFor, secured, tlsEntries } from "./helpers/tls.ts";
import { startRouteServer, startWorker, temporaryFolder } from "./helpers/worker.ts";

const lineFor = (address: string, port = 8443) => `PROXY TCP4 ${address} 10.0.0.9 4711 ${port}\r\n`;
const get = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";

/** Version 2, with 3 bytes of something after the addresses. */
function binary(command: number, family: number, source: readonly number[], destination: readonly number[]): Buffer {
  const body = Buffer.from([...source, ...destination, 0x12, 0x67, 0x01, 0xbb, 4, 0, 0]);
  const head = Buffer.from("\r\n\r\n\0\r\nQUIT\n\0\0\0\0", "latin1");
  head.writeUInt8(0x20 | command, 12);
  head.writeUInt8(family, 13);
  head.writeUInt16BE(body.length, 14);
  return Buffer.concat([head, body]);
}

const inIpv6 = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];

suite("proxies before the router", () => {
  const echo = (t: CleanUp) => startDyno(t, (request, response) => response.end(JSON.stringify(request.headers)));

  test("are believed where they are trusted, as far as each is", async (t) => {
    const dyno = await echo(t);
    const app = { ...routesTo([dyno.target]), switches: { deny: ["192.0.2.66"] } };
    const worker = await startWorker(t, { apps: [app], trustedProxies: ["127.0.0.0/8", "10.0.0.0/8"] });
    const seen = async (headers: Record<string, string>) => JSON.parse((await ask(worker.port, { headers })).body);
    const one = await seen({ "x-forwarded-for": "1.1.1.1, 192.0.2.7, 10.1.2.3", "x-forwarded-proto": "https" });
    assert.equal(one["x-forwarded-for"], "1.1.1.1, 192.0.2.7, 10.1.2.3, 127.0.0.1");
    assert.deepEqual([one["x-forwarded-proto"], one["x-forwarded-port"]], ["https", "443"]);
    await seen({ "x-forwarded-for": "[2001:db8::1]:4711", "x-forwarded-port": "8080" });
    await seen({ "x-forwarded-for": "nonsense, 10.1.2.3" });
    await seen({});
    const denied = await ask(worker.port, { headers: { "x-forwarded-for": "192.0.2.66" } });
    assert.equal(denied.status, 403);
    await worker.end("SIGTERM");
    const clients = (await worker.accessLines()).map((line) => /fwd="([^"]*)"/.exec(line)?.[1]);
    assert.deepEqual(clients, ["192.0.2.7", "2001:db8::1", "10.1.2.3", "127.0.0.1", "192.0.2.66"]);
  });

  test("spare a client that came by https the redirect to it", async (t) => {
    const dyno = await echo(t);
    const certificate = certificateFor("app.test");
    const app = secured(routesTo([dyno.target]), [certificate], { redirect: true });
    const https = await freePort("127.0.0.1");
    const entries = [...tlsEntries(), certificate];
    const worker = await startWorker(t, { apps: [app], entries, https, trustedProxies: ["127.0.0.0/8"] });
    assert.equal((await ask(worker.port, { headers: { "x-forwarded-proto": "https" } })).status, 200);
    assert.equal((await ask(worker.port, { headers: { "x-forwarded-proto": "http" } })).status, 301);
    assert.equal((await ask(worker.port)).status, 301);
  });

  test("are not believed where nobody said so", async (t) => {
    const dyno = await echo(t);
    const app = { ...routesTo([dyno.target]), switches: { allow: ["192.0.2.7"] } };
    const worker = await startWorker(t, { apps: [app], trustedProxies: ["10.0.0.0/8"] });
    assert.equal((await ask(worker.port, { headers: { "x-forwarded-for": "192.0.2.7" } })).status, 403);
  });

  const spoofed = {
    forwarded: "for=192.0.2.66;proto=https",
    "x-forwarded-for": "192.0.2.66",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "1",
    "x-forwarded-host": "evil.test",
    "x-forwarded-server": "evil.test",
    "x-forwarded-prefix": "/evil",
    "x-forwarded-ssl": "on",
    "x-forwarded-scheme": "https",
    "x-real-ip": "192.0.2.66",
    x_real_ip: "192.0.2.66",
    "true-client-ip": "192.0.2.66",
    "x-client-ip": "192.0.2.66",
    "cf-connecting-ip": "192.0.2.66",
    "front-end-https": "on",
    "x-original-url": "/evil",
    "x-envoy-external-address": "192.0.2.66",
  };

  test("a stranger's word on where a request comes from reaches no app, under whatever name", async (t) => {
    const dyno = await echo(t);
    const https = await freePort("127.0.0.1");
    const setup = { apps: [routesTo([dyno.target])], entries: tlsEntries(), https, trustedProxies: ["10.0.0.0/8"] };
    const worker = await startWorker(t, setup);
    const one = JSON.parse((await ask(worker.port, { headers: { ...spoofed, "x-app": "1" } })).body);
    const session = connectHttp2(`https://127.0.0.1:${https}`, { rejectUnauthorized: false });
    cleanUp(t, () => session.destroy());
    const two = JSON.parse((await askHttp2(session, { ...spoofed, "x-app": "1" })).body);
    for (const [seen, protocol, port] of [
      [one, "http", worker.port],
      [two, "https", https],
    ]) {
      const { "x-request-id": _id, "x-request-start": _start, via: _via, connection: _connection, ...rest } = seen;
      assert.deepEqual(rest, {
        host: "app.test",
        "x-app": "1",
        "x-forwarded-for": "192.0.2.66, 127.0.0.1",
        "x-forwarded-proto": protocol,
        "x-forwarded-port": String(port),
        "x-forwarded-host": "app.test",
      });
    }
  });

  test("a trusted proxy's word passes, under the names that it has", async (t) => {
    const dyno = await echo(t);
    const app = {
      ...routesTo([dyno.target]),
      hosts: [],
      paths: [{ host: "app.test", path: "/docs" }],
      stripPrefix: true,
    };
    const worker = await startWorker(t, { apps: [app], trustedProxies: ["127.0.0.0/8"] });
    const seen = JSON.parse((await ask(worker.port, { path: "/docs/a", headers: spoofed })).body);
    const { x_real_ip: _disguised, ...passed } = spoofed;
    const wanted = { ...passed, "x-forwarded-for": "192.0.2.66, 127.0.0.1", "x-forwarded-prefix": "/evil/docs" };
    assert.deepEqual(Object.fromEntries(Object.keys(spoofed).map((name) => [name, seen[name]])), {
      ...wanted,
      x_real_ip: undefined,
    });
  });

  test("are trusted from the moment on that the daemon says so", async (t) => {
    const dyno = await echo(t);
    const folder = await temporaryFolder(t);
    const routes = await startRouteServer(t, folder);
    const settings = { trustedProxies: undefined as string | undefined, httpPort: 80 };
    await routes.put([proxiesEntry(settings.trustedProxies)]);
    await routes.replace([routesTo([dyno.target])]);
    const worker = await startWorker(t, { folder });
    await routes.settled(() => [worker.child.pid]);
    const realAddress = async () =>
      JSON.parse((await ask(worker.port, { headers: { "x-real-ip": "192.0.2.7" } })).body)["x-real-ip"];
    const said: unknown[] = [];
    const note = (fields: object, message?: string) => said.push(message, fields);
    const reload = (now: () => Promise<typeof settings>) =>
      reloadSettings({ settings, reload: now, publisher: routes, logger: { info: note, warn: note, error: note } });
    assert.equal(await realAddress(), undefined);
    await reload(async () => ({ trustedProxies: "127.0.0.0/8", httpPort: 8080 }));
    assert.equal(await realAddress(), "192.0.2.7");
    assert.deepEqual(said.slice(2), ["changed settings need a restart", { settings: ["httpPort"] }]);
    await reload(() => Promise.reject(new Error("no address")));
    assert.equal(await realAddress(), "192.0.2.7");
    await routes.stop();
    await worker.end("SIGTERM");
    // From its snapshot, without a daemon.
    const next = await startWorker(t, { folder, port: worker.port });
    assert.equal(await realAddress(), "192.0.2.7");
    await next.end();
  });

  test("say by the PROXY protocol where a connection comes from, in either version and in pieces", async (t) => {
    const dyno = await echo(t);
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])], proxyProtocol: true });
    const headers = (text: string) => JSON.parse(/\r\n\r\n(\{.*\})$/s.exec(text)?.[1] ?? "{}");
    const first = headers(await talk(worker.port, `${lineFor("192.0.2.7")}${get}`));
    assert.deepEqual([first["x-forwarded-for"], first["x-forwarded-port"]], ["192.0.2.7", "8443"]);
    const v2 = binary(1, 0x21, inIpv6, inIpv6);
    const pieces = await conversation(t, worker.port, [
      v2.subarray(0, 5),
      v2.subarray(5, 20),
      v2.subarray(20),
      Buffer.from(get),
    ]);
    assert.deepEqual([headers(pieces)["x-forwarded-for"], headers(pieces)["x-forwarded-port"]], ["2001:db8::7", "443"]);
    const own = await conversation(t, worker.port, [Buffer.concat([binary(0, 0, [], []), Buffer.from(get)])]);
    assert.equal(headers(own)["x-forwarded-for"], "127.0.0.1");
    assert.match(await talk(worker.port, `PROXY UNKNOWN\r\n${get}`), /^HTTP\/1.1 200/);
    for (const wrong of [get, `PROXY TCP4 1.2.3.4 5.6.7.8 1 99999\r\n${get}`, `PROXY ${"x".repeat(200)}`]) {
      assert.equal(await conversation(t, worker.port, [Buffer.from(wrong)]), "", wrong);
    }
    await worker.said("refused a connection without a PROXY header from a trusted proxy");
    // Several requests on one connection, and what keeps it open.
    const kept = await talk(worker.port, `${lineFor("192.0.2.8")}${get.replace("Connection: close\r\n", "")}${get}`);
    assert.equal(kept.match(/192\.0\.2\.8/g)?.length, 2);
  });

  test("do so before TLS as well, for HTTP/1.1 and HTTP/2, and a worker that ends lets them finish", async (t) => {
    const dyno = await echo(t);
    const https = await freePort("127.0.0.1");
    const apps = [routesTo([dyno.target])];
    const worker = await startWorker(t, { apps, entries: tlsEntries(), https, proxyProtocol: true });
    const secure = async (protocol: string) => {
      const socket = connect(https, "127.0.0.1");
      socket.write(lineFor("192.0.2.7", 443));
      const inside = connectTls({
        socket,
        servername: "app.test",
        ALPNProtocols: [protocol],
        rejectUnauthorized: false,
      });
      cleanUp(t, () => inside.destroy());
      await once(inside, "secureConnect");
      return inside;
    };
    const plain = await secure("http/1.1");
    plain.write(get);
    let text = "";
    for await (const chunk of plain) text += chunk;
    assert.match(text, /"x-forwarded-for":"192.0.2.7","x-forwarded-proto":"https","x-forwarded-port":"443"/);
    const inside = await secure("h2");
    const session = connectHttp2("https://app.test", { createConnection: () => inside });
    const answer = await askHttp2(session);
    assert.equal(JSON.parse(answer.body)["x-forwarded-for"], "192.0.2.7");
    session.close();
    await worker.end("SIGTERM");
    assert.equal(worker.child.exitCode, 0);
  });

  test("other proxies than the trusted ones may not speak for others", async (t) => {
    const dyno = await echo(t);
    const apps = [routesTo([dyno.target])];
    const worker = await startWorker(t, { apps, proxyProtocol: true, trustedProxies: ["10.0.0.0/8"] });
    assert.equal(await conversation(t, worker.port, [Buffer.from(`${lineFor("192.0.2.7")}${get}`)]), "");
  });
});

test("a PROXY header is read as far as it is there", () => {
  const whole = Buffer.from(`${lineFor("192.0.2.7")}GET`);
  for (let length = 0; length < whole.length - 3; length++) {
    assert.equal(readProxyHeader(whole.subarray(0, length)).kind, "incomplete", String(length));
  }
  assert.deepEqual(readProxyHeader(whole), {
    kind: "complete",
    length: whole.length - 3,
    ends: {
      source: { address: "192.0.2.7", port: 4711, family: "IPv4" },
      destination: { address: "10.0.0.9", port: 8443, family: "IPv4" },
    },
  });
  const short = binary(1, 0x21, [1, 2, 3, 4], [5, 6, 7, 8]);
  for (const bytes of [
    short,
    binary(2, 0x11, inIpv6, []),
    Buffer.from("GET / HTTP/1.1\r\n"),
    Buffer.from("PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n"),
  ]) {
    assert.equal(readProxyHeader(bytes).kind, "invalid");
  }
});

/** All that comes back to these pieces, whatever way the connection ends. */
async function conversation(t: CleanUp, port: number, pieces: readonly Buffer[]): Promise<string> {
  const socket: Socket = connect(port, "127.0.0.1");
  cleanUp(t, () => socket.destroy());
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  for (const piece of pieces) {
    socket.write(piece);
    await delay(20);
  }
  await closed;
  return text;
}
