import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { suite, test } from "node:test";
import { ask, talk } from "./helpers/client.ts";
import { routesTo, startDyno, startRawDyno } from "./helpers/dyno.ts";
import { startWorker } from "./helpers/worker.ts";

suite("a request that a dyno answers", () => {
  test("headers pass in both directions, repeated ones in their order, hop-by-hop ones not at all", async (t) => {
    const dyno = await startDyno(t, (request, response) => {
      response.writeHead(200, [
        ...["Set-Cookie", "a=1", "X-Own", "1", "Set-Cookie", "b=2", "Connection", "X-Secret, keep-alive"],
        ...["X-Secret", "hop", "Proxy-Connection", "x", "Content-Type", "application/json"],
      ]);
      response.end(JSON.stringify(request.rawHeaders));
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const text = await talk(
      worker.port,
      "GET /a//b?c=%20d HTTP/1.1\r\nHost: APP.test:80\r\nX-Two: 1\r\nCookie: x=1\r\nX-Two: 2\r\nKeep-Alive: 3\r\nTE: trailers\r\n" +
        "X-Hop: secret\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX_Forwarded_Proto: https\r\nVia: 1.0 cdn\r\n" +
        "Proxy: http://evil\r\nConnection: close, X-Hop\r\n\r\n",
    );
    assert.deepEqual(dyno.seen, ["GET /a//b?c=%20d"]);
    const [head = "", body = ""] = text.split("\r\n\r\n");
    assert.match(head, /^HTTP\/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Own: 1\r\nSet-Cookie: b=2\r\nContent-Type/);
    assert.match(head, /\r\nVia: 1.1 berth/);
    assert.doesNotMatch(head, /X-Secret|Proxy-Connection/);
    const raw = JSON.parse(body.slice(body.indexOf("["), body.lastIndexOf("]") + 1)) as string[];
    assert.deepEqual(raw.slice(0, 10), [
      "Host",
      "APP.test:80",
      "X-Two",
      "1",
      "Cookie",
      "x=1",
      "X-Two",
      "2",
      "Via",
      "1.0 cdn",
    ]);
    const sent = new Map(raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1]] as const] : [])));
    assert.equal(sent.get("X-Forwarded-For"), "9.9.9.9, 127.0.0.1");
    assert.equal(sent.get("X-Forwarded-Proto"), "http");
    assert.equal(sent.get("X-Forwarded-Port"), String(worker.port));
    assert.equal(sent.get("X-Forwarded-Host"), "APP.test:80");
    assert.match(sent.get("X-Request-Id") ?? "", /^[0-9a-f-]{36}$/);
    assert.ok(Math.abs(Number(sent.get("X-Request-Start")) - Date.now()) < 10_000);
    for (const name of ["X-Hop", "Keep-Alive", "TE", "Proxy", "X_Forwarded_Proto"])
      assert.equal(sent.get(name), undefined, name);
  });

  const framings = [
    { name: "a body of known length", headers: { "content-length": "5" } as Record<string, string>, body: "hello" },
    { name: "a chunked body", headers: { "transfer-encoding": "chunked" } as Record<string, string>, body: "hello" },
    { name: "an empty body of a POST", headers: {} as Record<string, string>, body: "" },
  ];
  for (const { name, headers, body } of framings) {
    test(`${name} arrives as it was sent`, async (t) => {
      const dyno = await startDyno(t, async (request, response) => {
        let got = "";
        for await (const chunk of request) got += chunk;
        response.end(
          JSON.stringify({ got, te: request.headers["transfer-encoding"], length: request.headers["content-length"] }),
        );
      });
      const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
      const answer = JSON.parse((await ask(worker.port, { method: "POST", headers, body })).body);
      assert.equal(answer.got, body);
      assert.equal(answer.te, headers["transfer-encoding"]);
      if (body === "") assert.equal(answer.length, "0");
    });
  }

  test("trailers pass in both directions", async (t) => {
    const dyno = await startDyno(t, async (request, response) => {
      await request.resume().toArray();
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("body");
      response.addTrailers({ "X-Sum": request.trailers["x-check"] ?? "none" });
      response.end();
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const text = await talk(
      worker.port,
      "POST / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nTrailer: X-Check\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "2\r\nab\r\n0\r\nX-Check: 42\r\n\r\n",
    );
    assert.match(text, /\r\n0\r\nX-Sum: 42\r\n\r\n$/);
    const head = await talk(worker.port, "GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
    assert.match(head, /^HTTP\/1.1 200 OK/);
    assert.doesNotMatch(head, /Trailer:/);
  });

  const bodyless = [
    { method: "HEAD", status: 200 },
    { method: "GET", status: 204 },
    { method: "GET", status: 304 },
  ];
  for (const { method, status } of bodyless) {
    test(`${method} answered with ${status} ends without a body and keeps the connection`, async (t) => {
      const dyno = await startDyno(t, (request, response) => {
        if (request.url === "/next") return void response.end("next");
        response.writeHead(status, { etag: '"1"', ...(status === 204 ? {} : { "content-length": "7" }) }).end();
      });
      const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
      const text = await talk(
        worker.port,
        `${method} / HTTP/1.1\r\nHost: app.test\r\n\r\nGET /next HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n`,
      );
      const [first, second] = text.split("\r\n\r\n");
      assert.match(first ?? "", new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(first ?? "", /etag: "1"/);
      assert.match(second ?? "", /^HTTP\/1.1 200/);
      assert.match(text, /next$/);
    });
  }

  test("an HTTP/1.0 client gets a body that ends with the connection", async (t) => {
    const dyno = await startDyno(t, (_request, response) => {
      response.write("one ");
      response.end("two");
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const text = await talk(worker.port, "GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
    assert.doesNotMatch(text, /Transfer-Encoding/i);
    assert.match(text, /\r\n\r\none two$/);
  });

  test("the host of an absolute target wins, and the dyno gets the origin form", async (t) => {
    const dyno = await startDyno(t, (request, response) => response.end(`${request.headers.host} ${request.url}`));
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const text = await talk(
      worker.port,
      "GET http://app.test?q=1 HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n",
    );
    assert.match(text, /app\.test \/\?q=1/);
  });

  test("103 early hints pass, and the final answer after them", async (t) => {
    const dyno = await startDyno(t, (_request, response) => {
      response.writeEarlyHints({ link: ["</a.css>; rel=preload", "</b.js>; rel=preload"] });
      response.end("done");
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const text = await talk(worker.port, "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
    assert.match(text, /^HTTP\/1.1 103 Early Hints\r\nLink: .*a\.css.*b\.js[\s\S]*\r\n\r\nHTTP\/1.1 200 OK/);
  });

  test("100-continue is answered when a dyno takes the request, and not when none does", async (t) => {
    const dyno = await startDyno(t, (request, response) => {
      request.resume().on("end", () => response.end(String(request.headers.expect)));
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target]), routesTo([], "empty")] });
    const asked = (host: string) => {
      const sent = request({
        agent: false,
        port: worker.port,
        method: "POST",
        headers: { host, expect: "100-continue" },
      });
      sent.flushHeaders();
      return sent;
    };
    const taken = asked("app.test");
    await once(taken, "continue");
    taken.end("body");
    const [answer] = (await once(taken, "response")) as [IncomingMessage];
    assert.equal((await answer.setEncoding("utf8").toArray()).join(""), "undefined");
    const refused = asked("empty.test");
    refused.on("continue", () => assert.fail("no dyno took it"));
    const [page] = (await once(refused, "response")) as [IncomingMessage];
    assert.equal(page.statusCode, 503);
    refused.destroy();
  });

  test("an event stream's head and events arrive as they are sent", async (t) => {
    let push: (text: string) => void = () => undefined;
    const dyno = await startDyno(t, (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      push = (text) => void response.write(text);
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const sent = request({ agent: false, port: worker.port, headers: { host: "app.test" } }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
      push(event);
      assert.equal(String((await once(answer, "data"))[0]), event);
    }
    sent.destroy();
  });

  test("a slow reader slows the dyno down, and 64 MB arrive whole", async (t) => {
    const size = 64 * 1024 * 1024;
    const chunk = Buffer.alloc(256 * 1024, "x");
    let written = 0;
    const dyno = await startDyno(t, (_request, response) => {
      const write = () => {
        while (written < size) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", write);
        }
        response.end();
      };
      write();
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const sent = request({ agent: false, port: worker.port, headers: { host: "app.test" } }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    // Nobody reads: the dyno must come to a stop far before the end.
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.ok(written < size / 2, `${written} bytes went into buffers`);
    let read = 0;
    for await (const part of answer) read += part.length;
    assert.equal(read, size);
  });

  test("a slow dyno slows the uploading client down, and 64 MB arrive whole", async (t) => {
    const size = 64 * 1024 * 1024;
    const gate = Promise.withResolvers<void>();
    const dyno = await startDyno(t, async (request, response) => {
      await gate.promise;
      let got = 0;
      for await (const part of request) got += part.length;
      response.end(String(got));
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const sent = request({ agent: false, port: worker.port, method: "PUT", headers: { host: "app.test" } });
    const chunk = Buffer.alloc(256 * 1024, "x");
    let left = size;
    const write = () => {
      while (left > 0) {
        left -= chunk.length;
        if (!sent.write(chunk)) return void sent.once("drain", write);
      }
      sent.end();
    };
    write();
    let before = -1;
    while (before !== left) {
      before = left;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.ok(left > size / 2, `${size - left} bytes went into buffers`);
    gate.resolve();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    assert.equal((await answer.setEncoding("utf8").toArray()).join(""), String(size));
  });

  test("connections to the dyno are kept and used again", async (t) => {
    const ports = new Set<number | undefined>();
    const dyno = await startDyno(t, (request, response) => {
      ports.add(request.socket.remotePort);
      response.end("ok");
    });
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    for (let i = 0; i < 10; i++) assert.equal((await ask(worker.port)).status, 200);
    assert.equal(ports.size, 1);
  });

  test("bytes that are no HTTP get 400, and other connections go on", async (t) => {
    const dyno = await startDyno(t, (_request, response) => response.end("ok"));
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const bad = [
      "\x16\x03\x01 hello\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: app.test\r\nHost: other.test\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: app.test/evil\r\n\r\n",
      "GET nowhere HTTP/1.1\r\nHost: app.test\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "POST / HTTP/1.0\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: app.test\r\nX-A: a\nX-B: b\r\n\r\n",
    ];
    for (const text of bad)
      assert.match(await talk(worker.port, text), /^HTTP\/1.1 400 Bad Request\r\n/, JSON.stringify(text));
    assert.match(
      await talk(worker.port, "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
      /^HTTP\/1.1 501 /,
    );
    assert.match(
      await talk(worker.port, `GET /${"x".repeat(40_000)} HTTP/1.1\r\nHost: app.test\r\n\r\n`),
      /^HTTP\/1.1 414 /,
    );
    assert.match(await talk(worker.port, "CONNECT app.test:80 HTTP/1.1\r\nHost: app.test\r\n\r\n"), /^HTTP\/1.1 405 /);
    assert.deepEqual(dyno.seen, []);
    assert.equal((await ask(worker.port)).status, 200);
  });

  test("a request id is kept where it is one, and the access log has it", async (t) => {
    const dyno = await startDyno(t, (request, response) => response.end(request.headers["x-request-id"]));
    const worker = await startWorker(t, { apps: [routesTo([dyno.target])] });
    const own = "0123456789abcdef0123";
    assert.equal((await ask(worker.port, { headers: { "x-request-id": own } })).body, own);
    assert.notEqual((await ask(worker.port, { headers: { "x-request-id": "too short" } })).body, "too short");
    await worker.end("SIGTERM");
    const lines = await worker.accessLines();
    assert.equal(lines.length, 2);
    assert.match(
      lines[0] ?? "",
      /^\S+Z at=info method=GET path="\/" host=app\.test request_id=0123456789abcdef0123 fwd="127\.0\.0\.1" dyno=web\.\d+ connect=\d+ms service=\d+ms status=200 bytes=20 protocol=http1\.1 tls=false app=app$/,
    );
  });

  test("an answer that begins while the request is still being sent reaches the client", async (t) => {
    const { target } = await startRawDyno(t, (socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 413 Too Much\r\nContent-Length: 4\r\n\r\nstop"));
      socket.on("data", () => undefined);
    });
    const worker = await startWorker(t, { apps: [routesTo([target])] });
    const socket = connect(worker.port, "127.0.0.1");
    socket.write("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1000000\r\n\r\nsome of it");
    const [data] = await once(socket, "data");
    assert.match(String(data), /^HTTP\/1.1 413 Too Much[\s\S]*stop$/);
    socket.destroy();
  });

  test("so does that of a dyno that closes without reading the request, every time", async (t) => {
    const refusal = "HTTP/1.1 413 Too Much\r\nContent-Length: 4\r\nConnection: close\r\n\r\nstop";
    const { target } = await startRawDyno(t, (socket) => {
      socket.once("data", () => socket.end(refusal, () => socket.destroy())).on("error", () => undefined);
    });
    const worker = await startWorker(t, { apps: [routesTo([target])] });
    const times = 30;
    for (let i = 0; i < times; i++) assert.match(await upload(worker.port, 10_000_000), /^HTTP\/1.1 413 Too Much/);
    await worker.end("SIGTERM");
    const lines = await worker.accessLines();
    assert.equal(lines.length, times);
    for (const line of lines) assert.match(line, / at=info .* status=413 bytes=4 /);
  });
});

/** Sends a request's body until something comes back, which is returned. */
async function upload(port: number, size: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const answer = once(socket, "data").finally(() => socket.destroy());
  const piece = Buffer.alloc(64 * 1024);
  const send = (): void => {
    if (socket.destroyed) return;
    if (socket.write(piece)) setImmediate(send);
    else socket.once("drain", send);
  };
  socket.write(`POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${size}\r\n\r\n`, send);
  return String((await answer)[0]);
}
