import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Target } from "../../src/model/route.ts";
import { accessLine } from "../../src/router/access-log.ts";
import { AppLogs } from "../../src/router/app-logs.ts";
import { parseWorkerArguments } from "../../src/router/arguments.ts";
import { Balancer } from "../../src/router/balancer.ts";
import { faults, interruptions } from "../../src/router/faults.ts";
import { hostName, plainAddress, requestIdFrom, responseHeaders } from "../../src/router/headers.ts";
import { fileSink } from "../../src/router/log-file.ts";
import { afterFailure, isReplayable } from "../../src/router/retry.ts";
import { Routes } from "../../src/router/route-table.ts";
import type { UpstreamFailure } from "../../src/router/upstream.ts";
import { workerArguments } from "../../src/routing/worker-process.ts";
import { routesTo } from "./helpers/dyno.ts";
import { temporaryFolder } from "./helpers/worker.ts";

function target(id: string): Target {
  return { id, dyno: "web.1", address: "127.0.0.1", port: 1 };
}

suite("the balancer", () => {
  test("takes the target with the least open requests, and turns where they are equal", () => {
    const balancer = new Balancer(1_000, () => undefined);
    const [a, b, c] = ["a", "b", "c"].map((id) => balancer.add(target(id))) as [never, never, never];
    const all = [a, b, c];
    assert.equal(new Set([balancer.pick(all), balancer.pick(all), balancer.pick(all)]).size, 3);
    balancer.opened(a);
    balancer.opened(b);
    for (let i = 0; i < 3; i++) assert.equal(balancer.pick(all), c);
    assert.equal(balancer.pick(all, new Set(all)), undefined);
  });

  test("passes over one that was put aside, unless it is the last", () => {
    const balancer = new Balancer(60_000, () => undefined);
    const [a, b] = [balancer.add(target("a")), balancer.add(target("b"))];
    balancer.opened(a);
    balancer.putAside(b);
    for (let i = 0; i < 3; i++) assert.equal(balancer.pick([a, b]), a);
    balancer.putAside(a);
    assert.equal(balancer.pick([a, b]), b);
    balancer.answered(a);
    assert.equal(balancer.pick([a, b]), a);
  });

  test("gives one that was put aside a single request to try, and then more and more of its share", (t) => {
    t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
    const balancer = new Balancer(10_000, () => undefined);
    const [a, b] = [balancer.add(target("a")), balancer.add(target("b"))];
    const shareOfB = () => {
      let count = 0;
      for (let i = 0; i < 1_000; i++) if (balancer.pick([a, b]) === b) count++;
      return count / 1_000;
    };
    balancer.putAside(b);
    assert.equal(shareOfB(), 0);
    t.mock.timers.tick(10_001);
    balancer.opened(a);
    assert.equal(balancer.pick([a, b]), b);
    balancer.opened(b);
    balancer.opened(a);
    assert.equal(shareOfB(), 0);
    balancer.answered(b);
    balancer.closed(b);
    assert.ok(shareOfB() < 0.05);
    t.mock.timers.tick(10_000);
    // Half of those for which it would be the best one.
    assert.ok(Math.abs(shareOfB() - 0.5) < 0.1);
    t.mock.timers.tick(10_000);
    assert.equal(shareOfB(), 1);
  });

  test("a target is idle when no route leads to it and nothing is open, not before", () => {
    const idle: string[] = [];
    const balancer = new Balancer(1, ({ id }) => idle.push(id));
    const routes = new Routes(balancer);
    routes.replace({ revision: 1, apps: [routesTo([target("a")])] });
    const state = routes.appsOf("app.test")[0]?.targets[0];
    assert.ok(state);
    balancer.opened(state);
    routes.apply({ revision: 2, set: routesTo([target("a"), target("b")]) });
    assert.equal(routes.appsOf("app.test")[0]?.targets[0], state);
    routes.apply({ revision: 3, remove: "app" });
    assert.deepEqual(idle, ["b"]);
    balancer.closed(state);
    assert.deepEqual(idle, ["b", "a"]);
    assert.ok(balancer.isIdle("a"));
  });
});

suite("the route table", () => {
  const routes = () => new Routes(new Balancer(1, () => undefined));

  test("skips changes that the listed table contains", () => {
    const table = routes();
    table.replace({ revision: 5, apps: [routesTo([])] });
    assert.equal(table.apply({ revision: 5, remove: "app" }), false);
    assert.ok(table.appsOf("app.test")[0]);
    assert.equal(table.apply({ revision: 6, remove: "app" }), true);
    assert.equal(table.appsOf("app.test")[0], undefined);
  });

  test("obeys a listed table whatever its revision", () => {
    const table = routes();
    table.replace({ revision: 5, apps: [routesTo([], "a"), routesTo([], "b")] });
    table.replace({ revision: 3, apps: [routesTo([], "b")] });
    assert.deepEqual(table.toTable(), { revision: 3, apps: [routesTo([], "b")], entries: [] });
    assert.equal(table.appsOf("a.test")[0], undefined);
  });

  test("finds hosts that an app has given up no more", () => {
    const table = routes();
    table.replace({ revision: 1, apps: [routesTo([])] });
    table.apply({ revision: 2, set: { ...routesTo([]), hosts: ["other.test"] } });
    assert.equal(table.appsOf("app.test")[0], undefined);
    assert.ok(table.appsOf("OTHER.test.:81")[0]);
  });
});

test("host names lose port, trailing dot and case", () => {
  const cases = {
    "A.b": "a.b",
    "a.b:80": "a.b",
    "a.b.": "a.b",
    "a.b.:80": "a.b",
    "[::1]:80": "[::1]",
    "[::1]": "[::1]",
    "": "",
  };
  for (const [host, name] of Object.entries(cases)) assert.equal(hostName(host), name, host);
});

test("a request id is kept when it has 20 to 200 harmless characters", () => {
  const made = () => "made";
  for (const good of ["a".repeat(20), "A+/=-0".repeat(33)]) assert.equal(requestIdFrom(good, made), good);
  for (const bad of [undefined, "", "a".repeat(19), "a".repeat(201), `${"a".repeat(20)} `, `${"a".repeat(20)}, b`]) {
    assert.equal(requestIdFrom(bad, made), "made");
  }
});

test("an IPv4 client is shown as such", () => {
  assert.equal(plainAddress("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(plainAddress("2001:db8::1"), "2001:db8::1");
});

test("a 204 has no Content-Length, and trailers are announced only where they can come", () => {
  const raw = ["Content-Length", "0", "Trailer", "X-Sum"];
  const facts = { method: "GET", httpVersion: "1.1", dynoHttpVersion: "1.1" };
  assert.deepEqual(responseHeaders(raw, { ...facts, status: 204 }), ["Via", "1.1 berth"]);
  assert.deepEqual(responseHeaders(raw.slice(2), { ...facts, status: 200 }), ["Trailer", "X-Sum", "Via", "1.1 berth"]);
});

suite("what follows a failure", () => {
  const failure = (fields: Partial<UpstreamFailure>): UpstreamFailure => ({
    kind: "closed",
    nothingSent: false,
    answerBegun: false,
    stale: false,
    cause: undefined,
    ...fields,
  });
  const attempts = { replayable: true, count: 1, replayed: false, others: true };
  const cases = [
    {
      name: "refused",
      failure: { kind: "refused", nothingSent: true },
      attempts: { replayable: false },
      step: "other",
    },
    {
      name: "refused by all",
      failure: { kind: "refused", nothingSent: true },
      attempts: { others: false },
      step: "H21",
    },
    {
      name: "refused ten times",
      failure: { kind: "refused", nothingSent: true },
      attempts: { count: 10 },
      step: "H21",
    },
    {
      name: "no connection",
      failure: { kind: "connect-timeout", nothingSent: true },
      attempts: { others: false },
      step: "H19",
    },
    {
      name: "no descriptor for it",
      failure: { kind: "exhausted", nothingSent: true },
      attempts: {},
      step: "no-descriptors",
    },
    { name: "stale", failure: { stale: true }, attempts: { others: false }, step: "fresh" },
    { name: "stale with a body", failure: { stale: true }, attempts: { replayable: false }, step: "H13" },
    { name: "closed", failure: {}, attempts: {}, step: "other" },
    { name: "closed by the only one", failure: {}, attempts: { others: false }, step: "H13" },
    { name: "closed in the head", failure: { answerBegun: true }, attempts: {}, step: "H13" },
    { name: "closed twice", failure: {}, attempts: { replayed: true }, step: "H13" },
    { name: "no answer in time", failure: { kind: "first-byte-timeout" }, attempts: {}, step: "H12" },
    { name: "nonsense", failure: { kind: "malformed" }, attempts: {}, step: "H17" },
    { name: "contradictions", failure: { kind: "restricted" }, attempts: {}, step: "H25" },
  ] as const;
  for (const { name, failure: fields, attempts: more, step } of cases) {
    test(`${name}: ${step}`, () => {
      const next = afterFailure(failure(fields), { ...attempts, ...more });
      assert.equal("fault" in next ? next.fault.code : next.retry, step);
    });
  }

  test("only idempotent requests without a body are sent twice", () => {
    assert.ok(isReplayable("GET", false));
    assert.ok(!isReplayable("GET", true));
    assert.ok(!isReplayable("POST", false));
    assert.ok(!isReplayable("PATCH", false));
  });
});

test("nothing a client sends breaks out of its field in the access log", () => {
  const line = accessLine({
    endedAt: 0,
    method: "GET",
    path: '/" status=200 \\\x9b',
    host: "a b\n",
    requestId: "id",
    clientAddress: "::1",
    app: undefined,
    dyno: undefined,
    connectMs: undefined,
    serviceMs: 1,
    status: 404,
    bytes: 0,
    httpVersion: "1.1",
    protocol: "http",
    tlsVersion: undefined,
    fault: faults.unknownHost,
  });
  assert.equal(
    line,
    '1970-01-01T00:00:00.000Z at=error code=unknown-host desc="Unknown host" method=GET path="/\\" status=200 \\\\\\u009b" ' +
      'host="a b\\n" request_id=id fwd="::1" dyno= connect= service=1ms status=404 bytes=0 protocol=http1.1 tls=false',
  );
});

test("a log file that has grown large is set aside, also by another process", async (t) => {
  const path = join(await temporaryFolder(t), "router.log");
  const fail = (error: unknown) => assert.fail(String(error));
  const [one, two] = [fileSink(path, fail, 100), fileSink(path, fail, 100)];
  one.write("a".repeat(200));
  await one.close();
  two.write("b");
  await two.close();
  const three = fileSink(path, fail, 100);
  three.write("c");
  await three.close();
  assert.equal(await readFile(`${path}.1`, "utf8"), `${"a".repeat(200)}\n`);
  assert.equal(await readFile(path, "utf8"), "b\nc\n");
});

test("each app has an access log of its own, however many there are, and strange names do not leave the folder", async (t) => {
  const folder = await temporaryFolder(t);
  const logs = new AppLogs(folder, 1, (error) => assert.fail(String(error)), 1_000);
  for (let round = 0; round < 2; round++) {
    for (let app = 0; app < 300; app++) logs.write(`app${app}`, `round ${round}`);
  }
  logs.write("../../etc/passwd", "strange");
  logs.write(undefined, "no app");
  await logs.close();
  assert.equal(await readFile(join(folder, "app0.log"), "utf8"), "round 0\nround 1\n");
  assert.equal(await readFile(join(folder, "app299.log"), "utf8"), "round 0\nround 1\n");
  assert.deepEqual((await readFile(join(folder, "_.log"), "utf8")).trim().split("\n").sort(), ["no app", "strange"]);
  assert.equal((await readdir(folder)).length, 301);
});

test("interrupted requests say whose connection it was, in Heroku's words", () => {
  const entry = { method: "GET", path: "/", host: "h", requestId: "id", clientAddress: "::1", app: "a", dyno: "web.1" };
  const counts = { endedAt: 0, connectMs: 1, serviceMs: 2, status: 499, bytes: 0 };
  const rest = { ...counts, httpVersion: "1.1", protocol: "http", tlsVersion: undefined } as const;
  const line = (fault: { code: string; desc: string }) => accessLine({ ...entry, ...rest, fault });
  assert.match(line(interruptions.byClient), /Z sock=client at=warning code=H27 desc="Client Request Interrupted" /);
  assert.match(line(interruptions.byDyno), /Z sock=backend at=error code=H18 /);
  assert.match(line(faults.refused), /Z at=error code=H21 /);
});

test("a worker understands the arguments that the supervisor gives it", () => {
  const program = {
    program: ["node"],
    root: "/var/lib/berth",
    http: { port: 8080, host: "::1" },
    httpsPort: 8443,
    options: ["--access-log", "off", "--proxy-protocol"],
    logFile: "",
    compileCache: "",
  };
  const [word, ...args] = workerArguments(program, 2, "f00");
  assert.equal(word, "router");
  assert.deepEqual(parseWorkerArguments(args), {
    root: "/var/lib/berth",
    worker: 2,
    http: { port: 8080, host: "::1" },
    https: { port: 8443, host: "::1" },
    fingerprint: "f00",
    accessLog: "off",
    proxyProtocol: true,
  });
  assert.throws(() => parseWorkerArguments(["--root", "/r", "--worker", "0", "--http-port", "1"]), /--worker must be/);
});
