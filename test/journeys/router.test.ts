import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { type Berth, runOk, startBerth } from "../helpers/berth.ts";
import { constantLoad } from "../helpers/load.ts";
import { afterSuite } from "../helpers/suite.ts";

suite("the router in front of real dynos", () => {
  let berth: Berth;
  const cleanup = afterSuite();
  before(async () => {
    berth = await startBerth(cleanup, "--metrics-port", "0");
    await berth.pushOk(await berth.repository("node-web"), "shop");
  });

  test("an unknown host gets 404, an app without web dynos 503, a dead dyno 503, each with a page that explains", async () => {
    assert.equal((await berth.fetch("nobody")).status, 404);
    await berth.cliOk("apps:create", "empty");
    const empty = await berth.fetch("empty", "/", { accept: "text/plain" });
    assert.equal(empty.status, 503);
    assert.match(String(empty.headers["content-type"]), /^text\/plain/);
    const html = await berth.fetch("empty", "/", { accept: "text/html" });
    assert.match(html.body, /<html/i);
    assert.equal(empty.headers["berth-error"], "H81");
    await berth.sshOk("error-pages:set --global H81", { stdin: "<p>our own {{code}}</p>" });
    assert.equal((await berth.fetch("empty", "/", { accept: "text/html" })).body, "<p>our own H81</p>");
    await berth.sshOk("maintenance:custom-page shop", { stdin: "<p>back soon</p>" });
    await berth.sshOk("maintenance:on shop");
    assert.equal((await berth.fetch("shop", "/", { accept: "text/html" })).body, "<p>back soon</p>");
    await berth.sshOk("maintenance:off shop");
    const [id] = await berth.containers("label=berth.app=shop");
    await runOk("docker", ["pause", id ?? ""]);
    await runOk("docker", ["unpause", id ?? ""]);
    assert.equal((await berth.fetch("shop")).status, 200);
  });

  test("WebSockets are carried, and survive the death of the daemon", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${berth.httpPort}/`, { headers: { host: "shop.berth.test" } });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const echo = (text: string) =>
      new Promise<string>((resolve) => {
        socket.once("message", (data) => resolve(String(data)));
        socket.send(text);
      });
    assert.match(await echo("one"), /one/);
    await berth.signal("SIGKILL");
    assert.match(await echo("two"), /two/);
    await berth.serve();
    assert.match(await echo("three"), /three/);
    socket.close();
  });

  test("the app learns who asks, by which name and when", async () => {
    const answer = await berth.fetch("shop", "/headers");
    const seen = JSON.parse(answer.body) as Record<string, string>;
    assert.equal(seen.host, "shop.berth.test");
    assert.equal(seen["x-forwarded-for"], "127.0.0.1");
    assert.equal(seen["x-forwarded-proto"], "http");
    assert.equal(seen["x-forwarded-port"], String(berth.httpPort));
    assert.match(seen["x-request-start"] ?? "", /^\d{13}$/);
    assert.match(seen["x-request-id"] ?? "", /^[A-Za-z0-9-]{20,200}$/);
  });

  test("takes a change of trusted-proxies without a restart", async () => {
    const realAddress = async () => {
      const { body } = await berth.fetch("shop", "/headers", { "x-real-ip": "192.0.2.7" });
      return (JSON.parse(body) as Record<string, string>)["x-real-ip"];
    };
    assert.equal(await realAddress(), undefined);
    await writeFile(join(berth.root, "berth.yml"), "trusted-proxies: 127.0.0.0/8\n");
    process.kill(berth.pid, "SIGHUP");
    while ((await realAddress()) !== "192.0.2.7") await delay(50);
    await rm(join(berth.root, "berth.yml"));
    process.kill(berth.pid, "SIGHUP");
    while ((await realAddress()) !== undefined) await delay(50);
  });

  test("requests are among the app's logs, in router:top and in the metrics, also those from before the daemon's start", async () => {
    await berth.fetch("shop", "/before");
    await berth.signal("SIGKILL");
    await berth.fetch("shop", "/without-daemon");
    await berth.serve();
    const seen = async () => (await berth.cliOk("logs", "shop", "-p", "router")).trim().split("\n");
    while (!(await seen()).some((line) => line.includes("/without-daemon"))) await delay(100);
    assert.match(
      (await seen()).at(-1) ?? "",
      /^\S+Z berth\[router\]: at=info method=GET path="\/without-daemon" host=/,
    );
    assert.match(await berth.cliOk("logs", "shop"), /berth\[router\]: .*path="\/before"/);

    const top = berth.cliOk("router:top", "shop", "--once", "--interval", "3", "--format", "json");
    const load = constantLoad({ port: berth.httpPort, host: "shop.berth.test", path: "/", perSecond: 20 });
    const { apps } = JSON.parse(await top) as { apps: { app: string; "requests-per-second": number }[] };
    await load.stop();
    assert.equal(apps[0]?.app, "shop");
    assert.ok((apps[0]?.["requests-per-second"] ?? 0) > 1);

    const started = berth.log.findLast((line) => line.includes("metrics at 127.0.0.1")) ?? "";
    const metrics = await fetch(`http://127.0.0.1:${JSON.parse(started).port}/metrics`);
    const counted = /berth_router_requests_total\{app="shop",status="2xx"\} (\d+)/.exec(await metrics.text());
    assert.ok(Number(counted?.[1]) > 10);
  });
});
