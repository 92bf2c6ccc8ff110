import assert from "node:assert/strict";
import { once } from "node:events";
import { request as secureRequest } from "node:https";
import { type AddressInfo, connect, createServer } from "node:net";
import { suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { WebSocket, WebSocketServer } from "ws";
import { freePort } from "../../src/lib/free-port.ts";
import type { RouterEntry } from "../../src/model/certificate.ts";
import { type AppRoutes, workerExit } from "../../src/model/route.ts";
import { type CleanUp, cleanUp } from "./helpers/clean-up.ts";
import { ask } from "./helpers/client.ts";
import { routesTo, startDyno, startRawDyno } from "./helpers/dyno.ts";
import {
  askHttp2,
  certificateFor,
  http2Session,
  secureConnection,
  secured,
  shownFor,
  tlsEntries,
} from "./helpers/tls.ts";
import { startRouteServer, startWorker, temporaryFolder } from "./helpers/worker.ts";

async function startSecure(t: CleanUp, apps: readonly AppRoutes[], entries: readonly RouterEntry[], more = {}) {
  const https = await freePort("127.0.0.1");
  const worker = await startWorker(t, { apps, entries: [...tlsEntries(), ...entries], https, ...more });
  return { worker, https };
}

async function secureAsk(port: number, headers: Record<string, string> = {}, path = "/") {
  const sent = secureRequest({
    host: "127.0.0.1",
    port,
    path,
    servername: "app.test",
    rejectUnauthorized: false,
    agent: false,
    headers: { host: "app.test", ...headers },
  });
  sent.end();
  const [response] = await once(sent, "response");
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode as number, headers: response.headers, body };
}

suite("TLS", () => {
  test("a port that is taken is told from the one for plain connections", async (t) => {
    const taken = createServer().listen(0, "127.0.0.1");
    cleanUp(t, () => taken.close());
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    await assert.rejects(startWorker(t, { https: port }), new RegExp(`ended with ${workerExit.securePortInUse}:`));
    await assert.rejects(startWorker(t, { port }), new RegExp(`ended with ${workerExit.portInUse}:`));
  });

  test("a request over https reaches the dyno, which learns the protocol, port and address of the client", async (t) => {
    const dyno = await startDyno(t, (request, response) => response.end(JSON.stringify(request.headers)));
    const { https } = await startSecure(t, [routesTo([dyno.target])], []);
    const answer = await secureAsk(https, { "x-forwarded-proto": "http" });
    assert.equal(answer.status, 200);
    const seen = JSON.parse(answer.body);
    assert.equal(seen["x-forwarded-proto"], "https");
    assert.equal(seen["x-forwarded-port"], String(https));
    assert.equal(seen["x-forwarded-for"], "127.0.0.1");
  });

  test("each host is shown its own certificate, wildcards included, and a stranger the default one", async (t) => {
    const one = certificateFor("one.test");
    const wild = certificateFor("*.two.test");
    const apps = [
      secured(routesTo([], "one"), [one]),
      { ...secured(routesTo([], "two"), [wild]), hosts: ["a.two.test", "b.other.test"] },
    ];
    const { https } = await startSecure(t, apps, [one, wild]);
    assert.equal(await shownFor(t, https, "one.test"), "one.test");
    assert.equal(await shownFor(t, https, "ONE.test"), "one.test");
    assert.equal(await shownFor(t, https, "a.two.test"), "*.two.test");
    // It covers this host not, but belongs to its app.
    assert.equal(await shownFor(t, https, "b.other.test"), "*.two.test");
    assert.equal(await shownFor(t, https, "nobody.test"), "berth.invalid");
    assert.equal(await shownFor(t, https, undefined), "berth.invalid");
  });

  test("an app with a part of a host lends it its certificate, where the one with the rest has none for it", async (t) => {
    const api = certificateFor("shop.test", "api.test");
    const shop = certificateFor("whole.test");
    const part = (host: string) => ({ host, path: "/api" });
    const apps = [
      { ...secured(routesTo([], "api"), [api]), hosts: [], paths: [part("api.test"), part("shop.test")] },
      { ...secured(routesTo([], "shop"), [shop]), hosts: ["shop.test"] },
      { ...secured(routesTo([], "rest"), [shop]), hosts: ["*"] },
    ];
    const { https } = await startSecure(t, apps, [api, shop]);
    assert.equal(await shownFor(t, https, "api.test"), "shop.test");
    assert.equal(await shownFor(t, https, "shop.test"), "shop.test");
    assert.equal(await shownFor(t, https, "else.test"), "whole.test");
  });

  test("certificates are exchanged without a restart, and open connections go on", async (t) => {
    const folder = await temporaryFolder(t);
    const server = await startRouteServer(t, folder);
    const first = certificateFor("app.test", "first.test");
    const second = certificateFor("app.test", "second.test");
    const dyno = await startDyno(t, (_request, response) => response.end("hello"));
    await server.put([...tlsEntries(), first]);
    await server.replace([secured(routesTo([dyno.target]), [first])]);
    const https = await freePort("127.0.0.1");
    await startWorker(t, { folder, https });
    const names = async () =>
      (await secureConnection(t, https, { servername: "app.test" })).getPeerX509Certificate()?.subjectAltName;
    assert.match((await names()) ?? "", /first/);
    const open = await secureConnection(t, https, { servername: "app.test" });
    await server.put([second]);
    await server.publish(secured(routesTo([dyno.target]), [second]));
    await server.drop([first.id]);
    assert.match((await names()) ?? "", /second/);
    open.write("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
    let answer = "";
    for await (const chunk of open) answer += chunk;
    assert.match(answer, /hello/);
  });

  test("a certificate that cannot be used is logged and leaves other apps alone", async (t) => {
    const good = certificateFor("good.test");
    const bad = { ...certificateFor("bad.test"), key: "no key" };
    const apps = [secured(routesTo([], "good"), [good]), secured(routesTo([], "bad"), [bad])];
    const { https, worker } = await startSecure(t, apps, [bad, good]);
    assert.equal(await shownFor(t, https, "bad.test"), "berth.invalid");
    assert.equal(await shownFor(t, https, "good.test"), "good.test");
    await worker.said("certificate cannot be used");
  });

  test("a session begun with one worker is resumed by another, until the keys are changed", async (t) => {
    const folder = await temporaryFolder(t);
    const server = await startRouteServer(t, folder);
    const own = certificateFor("app.test");
    const entries = tlsEntries();
    await server.put([...entries, own]);
    await server.replace([secured(routesTo([]), [own])]);
    const ports = [await freePort("127.0.0.1"), await freePort("127.0.0.1")];
    for (const [index, https] of ports.entries()) await startWorker(t, { folder, https, worker: index + 1 });
    const session = new Promise<Buffer>((resolve) => {
      const socket = connectTls({ port: ports[0] ?? 0, servername: "app.test", rejectUnauthorized: false });
      cleanUp(t, () => socket.destroy());
      socket.on("session", resolve);
      socket.on("error", () => undefined);
    });
    const options = { servername: "app.test", session: await session };
    assert.equal((await secureConnection(t, ports[1] ?? 0, options)).isSessionReused(), true);
    const [fallback] = entries;
    await server.put(
      tlsEntries()
        .filter(({ kind }) => kind === "tls")
        .map((tls) => ({ ...tls, certificate: fallback?.id ?? "" }) as RouterEntry),
    );
    assert.equal((await secureConnection(t, ports[1] ?? 0, options)).isSessionReused(), false);
  });

  test("versions before 1.2 and suites without forward secrecy are refused", async (t) => {
    const { https } = await startSecure(t, [], []);
    const refused = (options: object) =>
      assert.rejects(secureConnection(t, https, { servername: "app.test", ...options }), /alert|version|handshake/i);
    await refused({ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
    await refused({ maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" });
    const socket = await secureConnection(t, https, { servername: "app.test", maxVersion: "TLSv1.2" });
    assert.equal(socket.getProtocol(), "TLSv1.2");
  });

  test("what is no TLS, and a client that says nothing, disturb nobody", async (t) => {
    const dyno = await startDyno(t, (_request, response) => response.end("hello"));
    const { https } = await startSecure(t, [routesTo([dyno.target])], []);
    const plain = connect(https, "127.0.0.1").on("error", () => undefined);
    const silent = connect(https, "127.0.0.1").on("error", () => undefined);
    cleanUp(t, () => silent.destroy());
    plain.end("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    plain.resume();
    await once(plain, "close");
    assert.equal((await secureAsk(https)).body, "hello");
  });

  test("connections whose handshake does not come to its end are closed", { timeout: 30_000 }, async (t) => {
    const { https } = await startSecure(t, [], [], { limits: { clientHeadMs: 300 } });
    const [silent, begun] = [connect(https, "127.0.0.1"), connect(https, "127.0.0.1")];
    begun.write(Buffer.from([22, 3, 1, 2, 0, 1]));
    await Promise.all([silent, begun].map((socket) => once(socket.resume(), "close")));
  });

  test("WebSockets pass, inside TLS too", async (t) => {
    const dyno = await startDyno(t, (_request, response) => response.end());
    const sockets = new WebSocketServer({ server: dyno.server });
    cleanUp(t, () => sockets.close());
    sockets.on("connection", (socket, request) => {
      socket.on("message", (data) => socket.send(`${data} over ${request.headers["x-forwarded-proto"]}`));
    });
    const own = certificateFor("app.test");
    const apps = [secured(routesTo([dyno.target]), [own], { redirect: true })];
    const { https, worker } = await startSecure(t, apps, [own]);
    const options = { headers: { host: "app.test" }, servername: "app.test", rejectUnauthorized: false };
    const socket = new WebSocket(`wss://127.0.0.1:${https}/`, options);
    await once(socket, "open");
    socket.send("hello");
    assert.equal(String((await once(socket, "message"))[0]), "hello over https");
    socket.close();
    await once(socket, "close");
    const plain = new WebSocket(`ws://127.0.0.1:${worker.port}/chat`, { headers: { host: "app.test" } });
    plain.on("error", () => undefined);
    const [, response] = await once(plain, "unexpected-response");
    assert.equal(response.statusCode, 301);
    assert.equal(response.headers.location, `https://app.test:${https}/chat`);
    plain.terminate();
  });

  test("an answer that breaks off in the middle is broken for the client as well", async (t) => {
    const { target } = await startRawDyno(t, (socket) => {
      socket.once("data", () =>
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", () => socket.destroy()),
      );
    });
    const { https } = await startSecure(t, [routesTo([target])], []);
    await assert.rejects(secureAsk(https), /aborted|hang up|reset/);
    await assert.rejects(askHttp2(await http2Session(t, https)), /reset|INTERNAL/);
  });
});

suite("from http to https", () => {
  test("plain requests for hosts that the certificate covers are sent on, others and a CA's are not", async (t) => {
    const dyno = await startDyno(t, (_request, response) => response.end("plain"));
    const own = certificateFor("app.test");
    const routes = secured({ ...routesTo([dyno.target]), hosts: ["app.test", "uncovered.test"] }, [own], {
      redirect: true,
    });
    const challenge = { kind: "http-01", id: "c", token: "abc", response: "abc.thumb" } as const;
    const { worker, https } = await startSecure(t, [routes], [own, challenge]);
    const answer = await ask(worker.port, { path: "/a?b=c" });
    assert.equal(answer.status, 301);
    assert.equal(answer.headers.location, `https://app.test:${https}/a?b=c`);
    assert.equal((await ask(worker.port, { method: "POST", body: "x" })).status, 308);
    assert.equal((await ask(worker.port, { host: "uncovered.test" })).body, "plain");
    assert.equal((await ask(worker.port, { path: "/.well-known/acme-challenge/abc" })).body, "abc.thumb");
    assert.equal((await ask(worker.port, { path: "/.well-known/acme-challenge/other" })).status, 301);
    assert.match((await worker.accessLines().catch(() => [])).join("\n"), /^$|status=301/);
  });

  test("Strict-Transport-Security is added over https only, and not where the app says its own", async (t) => {
    const dyno = await startDyno(t, (request, response) => {
      if (request.url === "/own") response.setHeader("Strict-Transport-Security", "max-age=1");
      response.end();
    });
    const own = certificateFor("app.test");
    const routes = secured(routesTo([dyno.target]), [own], { hsts: "max-age=15724800" });
    const { worker, https } = await startSecure(t, [routes], [own]);
    assert.equal((await secureAsk(https)).headers["strict-transport-security"], "max-age=15724800");
    assert.equal((await secureAsk(https, {}, "/own")).headers["strict-transport-security"], "max-age=1");
    assert.equal((await ask(worker.port)).headers["strict-transport-security"], undefined);
    const h2 = await askHttp2(await http2Session(t, https));
    assert.equal(h2.headers["strict-transport-security"], "max-age=15724800");
  });
});

suite("HTTP/2", () => {
  test("requests become HTTP/1.1 with host, joined cookies and bodies in both directions", async (t) => {
    const dyno = await startDyno(t, async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      response.writeHead(201, [
        "Set-Cookie",
        "a=1",
        "Set-Cookie",
        "b=2",
        "Transfer-Encoding",
        "chunked",
        "Trailer",
        "x-sum",
      ]);
      response.write(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
      response.addTrailers({ "x-sum": String(body.length) });
      response.end();
    });
    const { https, worker } = await startSecure(t, [routesTo([dyno.target])], []);
    const session = await http2Session(t, https);
    const headers = { ":method": "POST", ":path": "/x?y", cookie: ["a=1", "b=2"], te: "trailers", "x-own": "1" };
    const answer = await askHttp2(session, headers, (write, end) => {
      write("hel");
      setTimeout(() => {
        write("lo");
        end();
      }, 20);
    });
    assert.equal(answer.status, 201);
    assert.deepEqual(answer.headers["set-cookie"], ["a=1", "b=2"]);
    assert.equal(answer.trailers["x-sum"], "5");
    const seen = JSON.parse(answer.body);
    assert.deepEqual([seen.method, seen.url, seen.body], ["POST", "/x?y", "hello"]);
    assert.equal(seen.headers.host, "app.test");
    assert.equal(seen.headers.cookie, "a=1; b=2");
    assert.equal(seen.headers["transfer-encoding"], "chunked");
    assert.equal(seen.headers["x-forwarded-proto"], "https");
    assert.equal(seen.headers["x-forwarded-for"], "127.0.0.1");
    assert.equal(seen.headers.via, "2.0 berth");
    assert.ok(!Object.keys(seen.headers).some((name) => name.startsWith(":")));
    assert.equal((await askHttp2(session, { ":method": "HEAD" })).body, "");
    await delay(300);
    assert.match((await worker.accessLines()).join("\n"), /method=POST path="\/x\?y" host=app.test .* status=201/);
  });

  test("a large answer and a large upload pass, many at once on one connection", async (t) => {
    const dyno = await startDyno(t, async (request, response) => {
      let size = 0;
      for await (const chunk of request) size += chunk.length;
      response.end(size > 0 ? String(size) : "x".repeat(3_000_000));
    });
    const { https } = await startSecure(t, [routesTo([dyno.target])], []);
    const session = await http2Session(t, https);
    const block = "y".repeat(100_000);
    const uploads = Array.from({ length: 10 }, () =>
      askHttp2(session, { ":method": "PUT" }, (write, end) => {
        for (let i = 0; i < 30; i++) write(block);
        end();
      }),
    );
    const downloads = Array.from({ length: 10 }, () => askHttp2(session));
    for (const answer of await Promise.all(uploads)) assert.equal(answer.body, "3000000");
    for (const answer of await Promise.all(downloads)) assert.equal(answer.body.length, 3_000_000);
  });

  test("informational responses pass, a client that waits for 100 is told to go on, and strangers get the page", async (t) => {
    const dyno = await startDyno(t, (request, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      request.resume().on("end", () => response.end("done"));
    });
    const { https } = await startSecure(t, [routesTo([dyno.target])], []);
    const session = await http2Session(t, https);
    const hinted = await askHttp2(session);
    assert.equal(hinted.information[0]?.[":status"], 103);
    assert.equal(hinted.information[0]?.link, "</a.css>; rel=preload");
    const continued = await askHttp2(session, { ":method": "POST", expect: "100-continue" }, (write, end) => {
      write("x");
      end();
    });
    assert.equal(continued.information[0]?.[":status"], 100);
    assert.equal(continued.body, "done");
    const stranger = await askHttp2(session, { ":authority": "nobody.test" });
    assert.equal(stranger.status, 404);
    assert.equal(stranger.headers["berth-error"], "unknown-host");
  });

  test("a stream that the client resets ends the request at the dyno, and the other streams go on", async (t) => {
    const closed = Promise.withResolvers<void>();
    const dyno = await startDyno(t, (request, response) => {
      if (request.url !== "/slow") return void response.end("fine");
      request.socket.once("close", closed.resolve);
      response.write("begin");
    });
    const { https } = await startSecure(t, [routesTo([dyno.target])], []);
    const session = await http2Session(t, https);
    const slow = session.request({ ":authority": "app.test", ":path": "/slow" });
    slow.on("error", () => undefined);
    await once(slow, "response");
    slow.close(8);
    await closed.promise;
    assert.equal((await askHttp2(session)).body, "fine");
  });

  test("a client that stops in the middle of its body gets the page, and the stream is closed", async (t) => {
    const { target } = await startRawDyno(t, (socket) => socket.resume());
    const { https, worker } = await startSecure(t, [routesTo([target])], [], { limits: { idleMs: 300 } });
    const session = await http2Session(t, https);
    const stream = session.request({ ":authority": "app.test", ":method": "POST" }, { endStream: false });
    const closed = once(stream.resume(), "close");
    const [headers] = await once(stream, "response");
    assert.deepEqual([headers[":status"], headers["berth-error"]], [499, "H28"]);
    await closed;
    await worker.logged(/code=H28 .* status=499/);
  });

  test("a request that the client resets is logged as one", async (t) => {
    const { target } = await startRawDyno(t, (socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin"));
    });
    const { https, worker } = await startSecure(t, [routesTo([target])], []);
    const session = await http2Session(t, https);
    for (const method of ["GET", "POST"]) {
      const stream = session.request({ ":authority": "app.test", ":method": method, ":path": `/${method}` });
      stream.on("error", () => undefined);
      await once(stream, "response");
      stream.close(8);
      await worker.logged(
        new RegExp(`code=H27 .* path="/${method}" .* status=499 .* protocol=http2.0 tls=true tls_version=tls1.3`),
      );
    }
  });

  test("an expectation that is not known gets the page", async (t) => {
    const { https } = await startSecure(t, [routesTo([])], []);
    const answer = await askHttp2(await http2Session(t, https), { expect: "miracles" });
    assert.deepEqual([answer.status, answer.headers["berth-error"]], [417, "H26"]);
  });

  test("a worker that retires tells its clients, and finishes what they have open", async (t) => {
    const release = Promise.withResolvers<void>();
    const dyno = await startDyno(t, (_request, response) => {
      response.write("begin ");
      void release.promise.then(() => response.end("end"));
    });
    const { https, worker } = await startSecure(t, [routesTo([dyno.target])], []);
    const session = await http2Session(t, https);
    const answer = askHttp2(session);
    while (dyno.seen.length === 0) await delay(10);
    const told = once(session, "goaway");
    const ended = once(worker.child, "exit");
    worker.child.kill("SIGTERM");
    await told;
    release.resolve();
    assert.equal((await answer).body, "begin end");
    assert.equal((await ended)[0], 0);
  });
});
