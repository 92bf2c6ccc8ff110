import assert from "node:assert/strict";
import { test } from "node:test";
import { commandLine } from "../commands/harness.ts";
import { createWorld } from "../helpers/world.ts";

test("proxy:set tells the router of the app's switches, and nothing of those that are as they always were", async (t) => {
  const { operations, publisher } = await createWorld(t);
  const run = commandLine(operations);
  const set = async (...words: string[]) => {
    const result = await run(["proxy:set", ...words]);
    assert.equal(result.code, 0, result.both);
    return result.stdout;
  };
  await operations.createApp({ name: "shop" });
  await set("shop", "compression", "false");
  await set("shop", "connect-timeout", "5s");
  assert.equal("switches" in (publisher.table.get("shop") ?? {}), false);
  assert.equal("limits" in (publisher.table.get("shop") ?? {}), false);
  await set("shop", "header-limit", "8k");
  assert.equal("switches" in (publisher.table.get("shop") ?? {}), false);
  await set("shop", "header-limit", "32k");
  await set("--global", "body-limit", "1m");
  // Over ssh it comes without the quotes that held it together.
  await set("shop", "allow", "10.0.0.0/8,", "2001:db8::/32", "192.0.2.7");
  await set("shop", "rate-limit", "30/m");
  await set("shop", "connection-limit", "20");
  await set("shop", "sticky-sessions", "true");
  await set("shop", "compression", "true");
  await set("shop", "balancing", "ip-hash");
  await set("shop", "first-byte-timeout", "2m");
  assert.deepEqual(publisher.table.get("shop")?.switches, {
    bodyLimit: 1024 * 1024,
    headerLimit: 32 * 1024,
    compress: true,
    allow: ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"],
    rate: { count: 30, perMs: 60_000, burst: 30 },
    openLimit: 20,
    balancing: "ip-hash",
    sticky: true,
  });
  assert.deepEqual(publisher.table.get("shop")?.limits, { firstByteMs: 120_000 });
  for (const wrong of ["7k", "65k", "0", "long"]) {
    assert.match((await run(["proxy:set", "shop", "header-limit", wrong])).stderr, /it must be a size from 8k to 64k/);
  }
  // No limit, although the host has one.
  await set("shop", "body-limit", "0");
  assert.equal(publisher.table.get("shop")?.switches?.bodyLimit, undefined);
  assert.match((await run(["proxy:set", "shop", "balancing", "ip-hash", "now"])).stderr, /Invalid value 'ip-hash now'/);
});

test("passwords and tokens are kept as hashes, and neither repeated nor reported", async (t) => {
  const { operations, publisher } = await createWorld(t);
  const run = commandLine(operations);
  await operations.createApp({ name: "shop" });
  const said = await run(["proxy:set", "shop", "basic-auth", "alice:s3cret,x bob:pass:word"]);
  assert.equal(said.stdout, "=====> Setting basic-auth to *******\n");
  const users = publisher.table.get("shop")?.switches?.users ?? {};
  assert.deepEqual(Object.keys(users), ["alice", "bob"]);
  assert.match(users.bob ?? "", /^\$scrypt\$[\w-]{22}\$[\w-]{43}$/);
  assert.equal((await run(["proxy:report", "shop", "--proxy-basic-auth"])).stdout, "alice bob\n");
  await run(["proxy:set", "shop", "basic-auth", `carol:${users.bob}`]);
  assert.deepEqual(publisher.table.get("shop")?.switches?.users, { carol: users.bob });
  await run(["proxy:set", "shop", "debug-token", "0123456789abcdef"]);
  assert.match(publisher.table.get("shop")?.switches?.debugToken ?? "", /^[0-9a-f]{64}$/);
  assert.doesNotMatch((await run(["proxy:report", "shop"])).stdout, /0123456789abcdef|scrypt/);
  const wrong = await run(["proxy:set", "shop", "basic-auth", "hunter2"]);
  assert.match(wrong.stderr, /Invalid value for proxy.basic-auth: it must be NAME:PASSWORD/);
  assert.doesNotMatch(wrong.both, /hunter2/);
});

test("an app can do without what all apps have", async (t) => {
  const { operations, publisher } = await createWorld(t);
  const run = commandLine(operations);
  await operations.createApp({ name: "shop" });
  const values = { allow: "10.0.0.0/8", "basic-auth": "alice:secret", "rate-limit": "1/s", "connection-limit": "5" };
  for (const [name, value] of Object.entries({ ...values, deny: "10.1.0.0/16", "debug-token": "0123456789abcdef" })) {
    await run(["proxy:set", "--global", name, value]);
    assert.ok(publisher.table.get("shop")?.switches, name);
    await run(["proxy:set", "shop", name, "off"]);
    assert.equal(publisher.table.get("shop")?.switches, undefined, name);
    assert.equal((await run(["proxy:report", "shop", `--proxy-computed-${name}`])).stdout, "off\n");
  }
});

test("nginx:set knows Dokku's names for the same settings", async (t) => {
  const { operations, publisher } = await createWorld(t);
  const run = commandLine(operations);
  await operations.createApp({ name: "shop" });
  await run(["nginx:set", "shop", "client-max-body-size", "50m"]);
  await run(["nginx:set", "shop", "proxy-read-timeout", "300s"]);
  assert.equal(publisher.table.get("shop")?.switches?.bodyLimit, 50 * 1024 * 1024);
  assert.deepEqual(publisher.table.get("shop")?.limits, { firstByteMs: 300_000, idleMs: 300_000 });
  await run(["nginx:set", "shop", "proxy-request-buffering", "on"]);
  assert.equal(publisher.table.get("shop")?.switches?.bufferRequests, true);
  await run(["nginx:set", "shop", "proxy-request-buffering", "off"]);
  assert.equal(publisher.table.get("shop")?.switches?.bufferRequests, undefined);
  assert.equal((await run(["nginx:report", "shop", "--nginx-client-max-body-size"])).stdout, "50m\n");
  assert.equal((await run(["proxy:report", "shop", "--proxy-computed-idle-timeout"])).stdout, "300s\n");
  await run(["nginx:set", "shop", "proxy-read-timeout"]);
  assert.equal(publisher.table.get("shop")?.limits, undefined);
  for (const [name, value] of [
    ["allow", "10.0.0.0/33"],
    ["rate-limit", "0/s"],
    ["body-limit", "much"],
    ["balancing", "best"],
    ["backend-protocol", "grpc"],
    ["idle-timeout", "0s"],
  ] as const) {
    const refused = await run(["proxy:set", "shop", name, value]);
    assert.match(refused.stderr, /Invalid value/, name);
  }
});

test("proxy:set backend-protocol says what the app's web processes speak", async (t) => {
  const { operations, publisher } = await createWorld(t);
  const run = commandLine(operations);
  await operations.createApp({ name: "shop" });
  assert.equal(publisher.table.get("shop")?.backend, undefined);
  assert.equal((await run(["proxy:set", "shop", "backend-protocol", "h2c"])).code, 0);
  assert.equal(publisher.table.get("shop")?.backend, "h2c");
  await run(["proxy:set", "shop", "backend-protocol", "http"]);
  assert.equal(publisher.table.get("shop")?.backend, undefined);
  await run(["proxy:set", "--global", "backend-protocol", "h2c"]);
  assert.equal(publisher.table.get("shop")?.backend, undefined);
  await run(["proxy:set", "shop", "backend-protocol"]);
  assert.equal(publisher.table.get("shop")?.backend, "h2c");
});

test("proxy:pause and proxy:resume", async (t) => {
  const { operations, publisher } = await createWorld(t);
  const run = commandLine(operations);
  await operations.createApp({ name: "shop" });
  assert.equal(
    (await run(["proxy:pause", "shop", "--max", "45"])).stdout,
    "-----> Paused shop: its requests wait for up to 45s\n",
  );
  assert.deepEqual(publisher.table.get("shop")?.switches?.pause, { maxMs: 45_000, limit: 1_000 });
  assert.equal((await run(["proxy:report", "shop", "--proxy-paused"])).stdout, "45\n");
  assert.match((await run(["proxy:pause", "shop", "--max", "long"])).stderr, /a duration such as 30s/);
  assert.equal((await run(["proxy:resume", "shop"])).stdout, "-----> Resumed shop\n");
  assert.equal(publisher.table.get("shop")?.switches, undefined);
});

test("a daemon that stops does not wait for WebSockets in a long time of grace, and leaves their dynos to the next", async (t) => {
  const world = await createWorld(t);
  const { operations, publisher, scheduler, context } = world;
  await operations.createApp({ name: "shop" });
  await world.deploy("shop", "1");
  await operations.setProperty({ app: "shop", key: "proxy.websocket-grace", value: "1h" });
  publisher.drain = new Promise(() => undefined);
  await world.deploy("shop", "2");
  assert.equal((await scheduler.list("shop")).length, 2);
  world.stop();
  await context.background.idle();
  assert.equal((await scheduler.list("shop")).length, 2);
});
