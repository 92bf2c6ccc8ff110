import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ask, load, talk } from "./helpers/client.ts";
import { deadTarget, routesTo, startDyno, startRawDyno } from "./helpers/dyno.ts";
import { startWorker } from "./helpers/worker.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

suite("when no app can answer", () => {
  const pages = [
    { accept: undefined, type: /^text\/plain/, body: /^404 Unknown host \(unknown-host\)\n/ },
    { accept: "*/*", type: /^text\/plain/, body: /^404 / },
    { accept: "text/html,application/xhtml+xml,*/*;q=0.8", type: /^text\/html/, body: /<h1>Unknown host<\/h1>/ },
    { accept: "application/json", type: /^application\/json/, body: /"code":"unknown-host"/ },
    { accept: "text/html;q=0.5, application/json", type: /^application\/json/, body: /^\{/ },
  ];
  for (const { accept, type, body } of pages) {
    test(`the page for Accept: ${accept} is ${type.source}`, async (t) => {
      const worker = await startWorker(t, { apps: [] });
      const answer = await ask(worker.port, { host: "no.test", headers: accept === undefined ? {} : { accept } });
      assert.equal(answer.status, 404);
      assert.equal(answer.headers["berth-error"], "unknown-host");
      assert.match(String(answer.headers["content-type"]), type);
      assert.match(answer.body, body);
    });
  }

  test("an app without web dynos gives 503 H14, to HEAD without a body", async (t) => {
    const worker = await startWorker(t, { apps: [routesTo([])] });
    const answer = await ask(worker.port);
    assert.deepEqual([answer.status, answer.headers["berth-error"]], [503, "H14"]);
    const head = await ask(worker.port, { method: "HEAD" });
    assert.deepEqual([head.status, head.headers["berth-error"], head.body], [503, "H14", ""]);
  });

  test("hosts are found in any case, with port and trailing dot, and as IPv6 addresses", async (t) => {
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    const worker = await startWorker(t, { apps: [{ ...routesTo([dyno.target]), hosts: ["app.test", "[::1]"] }] });
    for (const host of ["APP.Test", "app.test.", "app.test:8080", "App.Test.:8080", "[::1]", "[::1]:8080"]) {
      assert.equal((await ask(worker.port, { host })).status, 200, host);
    }
    assert.equal((await ask(worker.port, { host: "x.app.test" })).status, 404);
  });
});

suite("when a dyno fails before it answers", () => {
  test("a refused request with a body goes to another dyno, which then is preferred", async (t) => {
    const dyno = await startDyno(t, async (incoming, response) => {
      response.end((await incoming.setEncoding("utf8").toArray()).join(""));
    });
    const worker = await startWorker(t, { apps: [routesTo([await deadTarget(), dyno.target])] });
    for (let i = 0; i < 10; i++) {
      assert.equal((await ask(worker.port, { method: "POST", body: `body ${i}` })).body, `body ${i}`);
    }
    assert.equal(dyno.seen.length, 10);
  });

  test("all refuse: 503 H21, and the only dyno is asked again with the next request", async (t) => {
    const target = await deadTarget();
    const worker = await startWorker(t, { apps: [routesTo([target])] });
    const answer = await ask(worker.port, { method: "POST", body: "x" });
    assert.deepEqual([answer.status, answer.headers["berth-error"]], [503, "H21"]);
    const dyno = await startDyno(t, (_request, response) => response.end("back"));
    await dyno.stop();
    dyno.server.listen(target.port, "127.0.0.1");
    await once(dyno.server, "listening");
    assert.equal((await ask(worker.port)).body, "back");
  });

  test("a dyno that does not take the connection in time gives 503 H19", async (t) => {
    // RFC 5737: nobody has this address; where the machine says so at once, the request was refused.
    const target = { id: "far", dyno: "web.1", address: "192.0.2.1", port: 80 };
    const worker = await startWorker(t, { apps: [routesTo([target])], limits: { connectMs: 200 } });
    const answer = await ask(worker.port);
    assert.equal(answer.status, 503);
    assert.match(String(answer.headers["berth-error"]), /^H(19|21)$/);
  });

  test("no first byte in time gives 503 H12, and the dyno's connection is closed", async (t) => {
    let closed: Promise<unknown> | undefined;
    const { target } = await startRawDyno(t, (socket) => {
      closed = once(socket, "close");
      socket.resume();
    });
    const worker = await startWorker(t, { apps: [routesTo([target])], limits: { firstByteMs: 200 } });
    const answer = await ask(worker.port);
    assert.deepEqual([answer.status, answer.headers["berth-error"]], [503, "H12"]);
    await closed;
  });

  test("a client that stops in the middle of its body gets 499 H28", async (t) => {
    const { target } = await startRawDyno(t, (socket) => socket.resume());
    const worker = await startWorker(t, { apps: [routesTo([target])], limits: { firstByteMs: 200, idleMs: 300 } });
    const text = await talk(worker.port, "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 9\r\n\r\nabc");
    assert.match(text, /^HTTP\/1.1 499 [\s\S]*Berth-Error: H28/);
  });

  test("a head that does not come to its end in time gets 408, and what is no HTTP a page as its client wants it", async (t) => {
    const worker = await startWorker(t, { apps: [routesTo([])], limits: { clientHeadMs: 300 } });
    const slow = await talk(worker.port, "GET / HTTP/1.1\r\nHost: app.test\r\nX-");
    assert.match(slow, /^HTTP\/1.1 408 Request Timeout\r\n[\s\S]*Berth-Error: head-timeout\r\n[\s\S]*in time\./);
    const bad = await talk(worker.port, "GET / HTTP/1.1\r\nAccept: application/json\r\nBad Name: x\r\n\r\n");
    assert.match(bad, /^HTTP\/1.1 400 Bad Request\r\n[\s\S]*\{"error":\{"code":"bad-request"/);
    const id = /X-Request-Id: (\S+)/.exec(bad)?.[1];
    await worker.logged(/at=error code=head-timeout .* request_id=\S+ fwd="127\.0\.0\.1" .* status=408 /);
    await worker.logged(new RegExp(`code=bad-request .* request_id=${id} .* status=400 `));
  });

  test("a dyno that closes without an answer gives 503 H13 to a POST, and a GET goes to another one", async (t) => {
    let closes = 0;
    const { target } = await startRawDyno(t, (socket) => {
      socket.once("data", () => {
        closes += 1;
        socket.destroy();
      });
    });
    const alone = await startWorker(t, { apps: [routesTo([target])] });
    for (const method of ["POST", "GET"]) {
      const answer = await ask(alone.port, { method });
      assert.deepEqual([answer.status, answer.headers["berth-error"]], [503, "H13"], method);
    }
    assert.equal(closes, 2);
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    const both = await startWorker(t, { apps: [routesTo([target, dyno.target])] });
    for (let i = 0; i < 6; i++) assert.equal((await ask(both.port)).status, 200);
    assert.ok(closes > 2);
  });

  test("nonsense instead of an answer gives 503 H17", async (t) => {
    const { target } = await startRawDyno(t, (socket) => void socket.once("data", () => socket.end("hello\r\n\r\n")));
    const worker = await startWorker(t, { apps: [routesTo([target])] });
    const answer = await ask(worker.port);
    assert.deepEqual([answer.status, answer.headers["berth-error"]], [503, "H17"]);
  });

  test("a kept connection that the dyno closed just now costs no idempotent request", async (t) => {
    let connections = 0;
    const { target } = await startRawDyno(t, (socket) => {
      connections += 1;
      // Answers the first request on a connection; at the second it turns out to have closed.
      socket.once("data", () => {
        socket.write(ok);
        socket.once("data", () => socket.destroy());
      });
    });
    const worker = await startWorker(t, { apps: [routesTo([target])] });
    for (let i = 0; i < 6; i++) assert.equal((await ask(worker.port)).status, 200);
    assert.ok(connections > 1);
  });

  test("a request with a body is not sent twice", async (t) => {
    let posts = 0;
    const { target } = await startRawDyno(t, (socket) => {
      socket.on("data", (data) => {
        if (data.toString().startsWith("GET")) socket.write(ok);
        else if (++posts > 0) socket.destroy();
      });
    });
    const worker = await startWorker(t, { apps: [routesTo([target])] });
    await ask(worker.port);
    await delay(400);
    // The second one shows that the dyno keeps connections for so long.
    await ask(worker.port);
    const answer = await ask(worker.port, { method: "POST", body: "once" });
    assert.deepEqual([answer.status, answer.headers["berth-error"], posts], [503, "H13", 1]);
  });

  test("dynos that close idle connections soon cost no request, whether they announce it or not", async (t) => {
    for (const announced of [true, false]) {
      const dyno = await startDyno(t, (_request, response) => {
        if (!announced) response.removeHeader("keep-alive");
        response.end("ok");
      });
      dyno.server.keepAliveTimeout = announced ? 1_000 : 300;
      dyno.server.keepAliveTimeoutBuffer = 0;
      const limits = announced ? {} : { dynoKeepAliveMs: 150 };
      const worker = await startWorker(t, { apps: [routesTo([dyno.target])], limits });
      const wait = announced ? 997 : 299;
      for (let i = 0; i < 4; i++) {
        assert.equal((await ask(worker.port, { method: "POST", body: "x" })).status, 200);
        await new Promise((resolve) => setTimeout(resolve, wait + i));
      }
    }
  });
});

test("a client that goes on sending what nobody wants gets the page unharmed, and what follows on the connection is no request", async (t) => {
  const dyno = await startDyno(t, (_request, response) => response.end("ok"));
  const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
  const socket = connect({ port: worker.port, host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  socket.on("data", (data) => {
    text += data;
  });
  const ended = once(socket, "end");
  socket.write("POST / HTTP/1.1\r\nHost: no.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
  await ended;
  assert.match(text, /^HTTP\/1.1 404 [\s\S]*Connection: close[\s\S]*domains:add/);
  for (let i = 0; i < 3; i++) {
    // A reset would come back by now, and `once` throws it.
    await Promise.race([once(socket, "close"), delay(50)]);
    assert.equal(socket.destroyed, false);
    socket.write("2\r\nab\r\n");
  }
  // On the connection to the dyno that is there now, it would be passed on at once.
  assert.equal((await ask(worker.port, { path: "/before" })).status, 200);
  socket.write("0\r\n\r\nGET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  const closed = new Promise((resolve) => socket.once("close", resolve).on("error", () => undefined));
  socket.end();
  await closed;
  assert.equal((await ask(worker.port, { path: "/after" })).status, 200);
  assert.deepEqual(dyno.seen, ["GET /before", "GET /after"]);
});

suite("when one side goes away in the middle", () => {
  test("a client that leaves takes its request to the dyno with it", async (t) => {
    const gone = Promise.withResolvers<void>();
    const dyno = await startDyno(t, (_incoming, response) => {
      response.write("begin");
      response.on("close", () => gone.resolve());
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const sent = request({ agent: false, port: worker.port, headers: { host: "app.test" } }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    answer.on("error", () => undefined);
    sent.destroy();
    await gone.promise;
    await worker.end("SIGTERM");
    assert.match((await worker.accessLines())[0] ?? "", /sock=client at=warning code=H27 .*status=499/);
  });

  test("a client that leaves before the answer takes its request with it", async (t) => {
    const arrived = Promise.withResolvers<Socket>();
    const dyno = await startDyno(t, (incoming) => arrived.resolve(incoming.socket));
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const socket = connect(worker.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    const atDyno = await arrived.promise;
    socket.destroy();
    await once(atDyno, "close");
  });

  const broken = [
    { name: "of known length", head: "Content-Length: 100\r\n", body: "short", version: "1.1" },
    { name: "in chunks", head: "Transfer-Encoding: chunked\r\n", body: "5\r\nshort\r\n", version: "1.1" },
    {
      name: "in chunks to an HTTP/1.0 client",
      head: "Transfer-Encoding: chunked\r\n",
      body: "5\r\nshort\r\n",
      version: "1.0",
    },
  ];
  for (const { name, head, body, version } of broken) {
    test(`an answer ${name} that breaks off is never taken for a whole one`, async (t) => {
      const { target } = await startRawDyno(t, (socket) => {
        socket.once("data", () => {
          socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n${body}`, () => setTimeout(() => socket.destroy(), 50));
        });
      });
      const worker = await startWorker(t, { apps: [routesTo([target])] });
      const socket = connect(worker.port, "127.0.0.1");
      socket.write(`GET / HTTP/${version}\r\nHost: app.test\r\n\r\n`);
      let text = "";
      let reset = false;
      socket.on("data", (chunk) => {
        text += chunk;
      });
      socket.on("error", () => {
        reset = true;
      });
      await new Promise((resolve) => socket.on("close", resolve));
      assert.match(text, /short/);
      if (version === "1.0") assert.ok(reset, "only a reset shows it");
      else assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
    });
  }

  test("silence in the middle of an answer ends it", async (t) => {
    const { target } = await startRawDyno(t, (socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"));
    });
    const worker = await startWorker(t, { apps: [routesTo([target])], limits: { idleMs: 200 } });
    await assert.rejects(ask(worker.port), /aborted/);
    await worker.end("SIGTERM");
    assert.match((await worker.accessLines())[0] ?? "", /code=H15/);
  });
});

test("dynos share the load evenly, by open requests", async (t) => {
  const dynos = await Promise.all(
    [0, 1, 2].map(() => startDyno(t, (_request, response) => void setTimeout(() => response.end("ok"), 20))),
  );
  const worker = await startWorker(t, { apps: [routesTo(dynos.map((dyno) => dyno.target))] });
  const running = load(worker.port, 9);
  await new Promise((resolve) => setTimeout(resolve, 700));
  const { answered, failures } = await running.stop();
  assert.deepEqual(failures, []);
  for (const dyno of dynos)
    assert.ok(Math.abs(dyno.seen.length - answered / 3) < answered / 10, String(dyno.seen.length));
});

test("a client may send many requests before the first answer, but not any number of them", async (t) => {
  const dyno = await startDyno(t, (_request, response) => response.end("ok"));
  const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
  const get = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
  const last = get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
  const answered = await talk(worker.port, get.repeat(999) + last);
  assert.equal(answered.match(/\r\n\r\nok/g)?.length, 1_000);
  const { target } = await startRawDyno(t, (socket) => socket.resume());
  const stuck = await startWorker(t, { apps: [routesTo([target])] });
  const socket = connect(stuck.port, "127.0.0.1").on("error", () => undefined);
  socket.write(get.repeat(2_000));
  await new Promise((resolve) => socket.once("close", resolve));
  assert.equal((await ask(stuck.port, { host: "no.test" })).status, 404);
});

test("many hostile clients at once stop nothing", async (t) => {
  const dyno = await startDyno(t, (_request, response) => response.end("ok"));
  const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
  const junk = Array.from({ length: 100 }, (_, i) => {
    const socket = connect(worker.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(i % 2 === 0 ? "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 10\r\n\r\nab" : "\0\0\0\r\n\r\n");
    setTimeout(() => socket.resetAndDestroy(), i);
    return once(socket, "close");
  });
  await Promise.all(junk);
  assert.equal((await ask(worker.port)).status, 200);
  assert.deepEqual(
    worker.log.filter(({ level }) => Number(level) >= 50),
    [],
  );
});
