import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { suite, test } from "node:test";
import { hashPassword } from "../../src/lib/password-hash.ts";
import type { AppRoutes } from "../../src/model/route.ts";
import type { Switches } from "../../src/model/switches.ts";
import { ask, talk } from "./helpers/client.ts";
import { startDyno, type TestDyno } from "./helpers/dyno.ts";
import { startRouteServer, startWorker, temporaryFolder } from "./helpers/worker.ts";

function app(name: string, dynos: readonly TestDyno[], switches: Switches): AppRoutes {
  return { app: name, hosts: [`${name}.test`], targets: dynos.map(({ target }) => target), release: 7, switches };
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

suite("an app's switches", () => {
  test("limit the body, whether its length is said or not; what the dyno has seen of it breaks off", async (t) => {
    let whole = 0;
    const dyno = await startDyno(t, (request, response) => {
      request.resume().on("end", () => {
        whole++;
        response.end("taken");
      });
    });
    const worker = await startWorker(t, { apps: [app("app", [dyno], { bodyLimit: 1_000 })] });
    const post = (body: string, headers = {}) => ask(worker.port, { method: "POST", body, headers });
    assert.equal((await post("x".repeat(1_000))).body, "taken");
    const refused = await post("x".repeat(1_001), { accept: "text/plain" });
    assert.deepEqual([refused.status, refused.headers["berth-error"]], [413, "body-too-large"]);
    assert.match(refused.body, /body-limit SIZE/);
    const chunked = (count: number) =>
      talk(
        worker.port,
        `POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${`64\r\n${"x".repeat(100)}\r\n`.repeat(count)}0\r\n\r\n`,
      );
    assert.match(await chunked(10), /^HTTP\/1.1 200 [\s\S]*taken/);
    assert.match(await chunked(11), /^HTTP\/1.1 413 [\s\S]*Berth-Error: body-too-large/);
    const expecting = "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n";
    assert.match(await talk(worker.port, expecting), /^HTTP\/1.1 413 /);
    assert.equal(whole, 2);
  });

  test("keep a slow upload from the dyno until it is whole, in a file where it is large", async (t) => {
    const dyno = await startDyno(t, async (request, response) => {
      const hash = createHash("sha256");
      for await (const chunk of request) hash.update(chunk);
      response.end(`${request.headers["transfer-encoding"]} ${hash.digest("hex")}`);
    });
    const worker = await startWorker(t, {
      apps: [app("app", [dyno], { bufferRequests: true, bodyLimit: 4_000_000 })],
      limits: { idleMs: 500 },
    });
    const before = await worker.descriptors();
    for (const body of ["small", "x".repeat(3_000_000)]) {
      const sha = createHash("sha256").update(body).digest("hex");
      const sized = await ask(worker.port, {
        method: "POST",
        body,
        headers: { expect: "100-continue", "content-length": String(body.length) },
      });
      assert.equal(sized.body, `undefined ${sha}`);
      const chunked = await ask(worker.port, { method: "POST", body, headers: { "transfer-encoding": "chunked" } });
      assert.equal(chunked.body, `chunked ${sha}`);
    }
    const slow = connect(worker.port, "127.0.0.1");
    slow.on("error", () => undefined);
    slow.write(`POST /slow HTTP/1.1\r\nHost: app.test\r\nContent-Length: 900000\r\n\r\n${"x".repeat(800_000)}`);
    const [answer] = await once(slow, "data");
    assert.match(String(answer), /^HTTP\/1.1 499 [\s\S]*Berth-Error: H28/);
    const gone = connect(worker.port, "127.0.0.1");
    gone.write(`POST /gone HTTP/1.1\r\nHost: app.test\r\nContent-Length: 900000\r\n\r\n${"x".repeat(800_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    gone.destroy();
    const endless = `POST /endless HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n${`ffff\r\n${"x".repeat(65_535)}\r\n`.repeat(62)}`;
    assert.match(await talk(worker.port, endless), /^HTTP\/1.1 413 /);
    assert.deepEqual(dyno.seen, Array(4).fill("POST /"));
    while ((await worker.descriptors()) > before + 2) await new Promise((resolve) => setTimeout(resolve, 50));
  });

  test("ask for a password, and let in who knows one", async (t) => {
    const dyno = await startDyno(t, (request, response) => response.end(request.headers.authorization));
    const users = { alice: await hashPassword("se:cret"), bob: await hashPassword("other") };
    const worker = await startWorker(t, {
      apps: [app("app", [dyno], { users }), app("free", [dyno], { compress: true })],
    });
    const get = (authorization?: string) => ask(worker.port, { headers: authorization ? { authorization } : {} });
    const stranger = await get();
    assert.equal(stranger.status, 401);
    assert.equal(stranger.headers["www-authenticate"], 'Basic realm="Restricted", charset="UTF-8"');
    const many = await Promise.all(Array.from({ length: 5 }, () => get(basic("alice:se:cret"))));
    assert.deepEqual(new Set(many.map(({ status }) => status)), new Set([200]));
    assert.equal((await get(basic("bob:other"))).body, basic("bob:other"));
    for (const wrong of ["alice:other", "bob:se:cret", "carol:", ":", "alice", "__proto__:x"]) {
      assert.equal((await get(basic(wrong))).status, 401, wrong);
    }
    assert.equal((await get("Bearer x")).status, 401);
    assert.equal((await ask(worker.port, { host: "free.test" })).status, 200);
    const upgrade = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    assert.match(await talk(worker.port, upgrade), /^HTTP\/1.1 401 /);
    assert.equal(dyno.seen.length, 7);
  });

  test("name the addresses that may come and those that may not; others' apps are not touched by a setting that makes no sense", async (t) => {
    const dyno = await startDyno(t, (_request, response) => response.end("in"));
    const cases: Record<string, [Switches, number]> = {
      allowed: [{ allow: ["10.0.0.0/8", "127.0.0.0/8"] }, 200],
      elsewhere: [{ allow: ["10.0.0.0/8", "2001:db8::/32"] }, 403],
      denied: [{ deny: ["127.0.0.1"] }, 403],
      both: [{ allow: ["127.0.0.1"], deny: ["127.0.0.0/24"] }, 403],
      broken: [{ allow: ["nonsense"] }, 503],
      plain: [{}, 200],
    };
    const apps = Object.entries(cases).map(([name, [switches]]) => app(name, [dyno], switches));
    const worker = await startWorker(t, { apps });
    for (const [name, [, status]] of Object.entries(cases)) {
      assert.equal((await ask(worker.port, { host: `${name}.test` })).status, status, name);
    }
    assert.ok(worker.log.some(({ msg, app }) => msg.startsWith("switches cannot be used") && app === "broken"));
  });

  test("limit how many requests come from an address in a time, and how many are open at once", async (t) => {
    const held: (() => void)[] = [];
    const dyno = await startDyno(t, (_request, response) => held.push(() => response.end("done")));
    const quick = await startDyno(t, (_request, response) => response.end("done"));
    const worker = await startWorker(t, {
      apps: [
        app("rate", [quick], { rate: { count: 1, perMs: 3_600_000, burst: 3 } }),
        app("open", [dyno], { openLimit: 2 }),
      ],
    });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await ask(worker.port, { host: "rate.test" })).status);
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    const refused = await ask(worker.port, { host: "rate.test" });
    assert.ok(Number(refused.headers["retry-after"]) > 3_000);

    const first = [ask(worker.port, { host: "open.test" }), ask(worker.port, { host: "open.test" })];
    while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const third = await ask(worker.port, { host: "open.test" });
    assert.deepEqual([third.status, third.headers["berth-error"], third.headers["retry-after"]], [503, "H22", "1"]);
    for (const end of held.splice(0)) end();
    assert.deepEqual(
      (await Promise.all(first)).map(({ status }) => status),
      [200, 200],
    );
    const again = ask(worker.port, { host: "open.test" });
    while (held.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    held.pop()?.();
    assert.equal((await again).status, 200);
  });

  test("make requests wait while the app is paused, for so long and so many", async (t) => {
    const folder = await temporaryFolder(t);
    const routes = await startRouteServer(t, folder);
    const dyno = await startDyno(t, (_request, response) => response.end("awake"));
    const paused = (maxMs: number, limit: number) => app("app", [dyno], { pause: { maxMs, limit } });
    await routes.replace([paused(60_000, 2)]);
    const worker = await startWorker(t, { folder });
    await routes.settled(() => [worker.child.pid]);
    const gone = connect(worker.port, "127.0.0.1");
    gone.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    await once(gone, "connect");
    await new Promise((resolve) => setTimeout(resolve, 100));
    gone.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const waiting = [ask(worker.port), ask(worker.port)];
    await new Promise((resolve) => setTimeout(resolve, 200));
    const tooMany = await ask(worker.port);
    assert.deepEqual([tooMany.status, tooMany.headers["berth-error"]], [503, "H11"]);
    assert.deepEqual(dyno.seen, []);
    await routes.publish(app("app", [dyno], {}));
    assert.deepEqual(
      (await Promise.all(waiting)).map(({ body }) => body),
      ["awake", "awake"],
    );
    assert.equal(dyno.seen.length, 2);
    await routes.publish(paused(50, 10));
    const tooLong = await ask(worker.port, { headers: { accept: "text/plain" } });
    assert.deepEqual([tooLong.status, tooLong.headers["retry-after"]], [503, "5"]);
    assert.match(tooLong.body, /proxy:resume APP/);
  });
});

test("who knows the token is told how the request was routed", async (t) => {
  const dyno = await startDyno(t, (_request, response) => response.end("x"));
  const debugToken = createHash("sha256").update("0123456789abcdef").digest("hex");
  const worker = await startWorker(t, { apps: [app("app", [dyno], { debugToken })] });
  const told = await ask(worker.port, { headers: { "berth-debug": "0123456789abcdef" } });
  const { target } = dyno;
  assert.equal(told.headers["berth-dyno"], `${target.dyno} ${target.id} 127.0.0.1:${target.port}`);
  assert.deepEqual(
    [told.headers["berth-app"], told.headers["berth-release"], told.headers["berth-attempts"]],
    ["app", "v7", "1"],
  );
  assert.match(String(told.headers["server-timing"]), /^connect;dur=\d+, service;dur=\d+$/);
  for (const headers of [{}, { "berth-debug": "0123456789abcdeg" }]) {
    assert.equal((await ask(worker.port, { headers })).headers["berth-dyno"], undefined);
  }
});

suite("several dynos", () => {
  const numbered = (t: Parameters<typeof startDyno>[0], count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => startDyno(t, (_request, response) => response.end(String(i)))));

  test("keep a visitor by a cookie, which a deploy only replaces", async (t) => {
    const folder = await temporaryFolder(t);
    const routes = await startRouteServer(t, folder);
    const dynos = await numbered(t, 3);
    await routes.replace([app("app", dynos, { sticky: true })]);
    const worker = await startWorker(t, { folder });
    await routes.settled(() => [worker.child.pid]);
    const first = await ask(worker.port);
    const cookie = String(first.headers["set-cookie"]);
    assert.match(cookie, /^berth-dyno=[\w-]{16}; Path=\/; HttpOnly; SameSite=Lax$/);
    const kept = cookie.split(";")[0] as string;
    for (let i = 0; i < 6; i++) {
      const next = await ask(worker.port, { headers: { cookie: `a=1; ${kept}; b=2` } });
      assert.deepEqual([next.body, next.headers["set-cookie"]], [first.body, undefined]);
    }
    await routes.publish(
      app(
        "app",
        dynos.filter((_, i) => String(i) !== first.body),
        { sticky: true },
      ),
    );
    const moved = await ask(worker.port, { headers: { cookie: kept } });
    assert.equal(moved.status, 200);
    assert.notEqual(moved.body, first.body);
    assert.notEqual(String(moved.headers["set-cookie"]).split(";")[0], kept);
  });

  test("are chosen as the app says", async (t) => {
    const dynos = await numbered(t, 3);
    const worker = await startWorker(t, {
      apps: [
        app("turn", dynos, { balancing: "round-robin" }),
        app("hash", dynos, { balancing: "ip-hash" }),
        app("two", dynos, { balancing: "random-two" }),
      ],
    });
    const bodies = async (host: string, count: number) => {
      const all: string[] = [];
      for (let i = 0; i < count; i++) all.push((await ask(worker.port, { host })).body);
      return all;
    };
    const turns = await bodies("turn.test", 6);
    assert.deepEqual(turns.slice(0, 3), turns.slice(3));
    assert.equal(new Set(turns).size, 3);
    assert.equal(new Set(await bodies("hash.test", 6)).size, 1);
    assert.equal(new Set(await bodies("two.test", 60)).size, 3);
  });
});
