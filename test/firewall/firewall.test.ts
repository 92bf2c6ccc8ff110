import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { labels } from "../../src/docker/labels.ts";
import { bridgeOf } from "../../src/docker/network.ts";
import { Firewall } from "../../src/firewall/firewall.ts";
import { saveTable } from "../../src/firewall/iptables.ts";
import { openResolvers, openServers, serversIn } from "../../src/firewall/openings.ts";
import { commentOf, type FirewallPlan } from "../../src/firewall/rules.ts";
import { freePort } from "../../src/lib/free-port.ts";
import { run, runOk } from "../helpers/berth.ts";
import { newInstance } from "../helpers/docker.ts";
import { type CleanUp, cleanUp } from "../router/helpers/clean-up.ts";
import { temporaryFolder } from "../router/helpers/worker.ts";
import { dynoSpec, runIo, runSpec } from "../schedulers/contract.ts";
import { type DockerHarness, dockerHarness } from "../schedulers/docker-local/harness.ts";

const metadata = "169.254.169.254";

/** An address of the host other than the gateways of its bridges. */
function hostAddress(): string {
  const all = Object.entries(networkInterfaces()).filter(([name]) => !/^(lo|docker|br-|veth|bth)/.test(name));
  const found = all.flatMap(([, addresses]) => addresses ?? []).find(({ family }) => family === "IPv4");
  assert.ok(found, "this machine has no address");
  return found.address;
}

async function listener(t: CleanUp, host: string): Promise<number> {
  const server = createServer((socket) => socket.on("error", () => undefined).end("hello\n"));
  server.listen(0, host);
  await once(server, "listening");
  cleanUp(t, () => void server.close());
  return (server.address() as { port: number }).port;
}

/** What a dyno gets from each address: `hello`, or `no`. */
async function reads(harness: DockerHarness, addresses: readonly string[]): Promise<string[]> {
  const look = (address: string) => {
    const file = `/dev/tcp/${address.replace(":", "/")}`;
    return `timeout 5 bash -c 'head -n 1 <${file}' 2>/dev/null || echo no`;
  };
  const { io, stdout } = runIo("");
  await harness.scheduler.attach(runSpec(harness, ["bash", "-c", addresses.map(look).join("\n")]), io);
  return stdout().trimEnd().split("\n");
}

async function guarded(t: CleanUp, more: Partial<FirewallPlan> = {}) {
  const harness = await dockerHarness();
  cleanUp(t, () => harness.dispose());
  const { instance, network, engine, logger } = harness;
  const plan = async (): Promise<FirewallPlan> => {
    const networks = await engine.networks.list({ [labels.instance]: instance });
    const bridges = networks.map(({ id }) => bridgeOf(id));
    return { instance, bridges, gateway: network.gateway, routerPorts: [], openings: [], ...more };
  };
  const firewall = new Firewall({ instance, plan, logger });
  cleanUp(t, () => firewall.remove());
  return { harness, firewall, network, instance };
}

suite("the firewall", () => {
  test("keeps a dyno from the host's services, by every address, and from the cloud's metadata", async (t) => {
    const name = `bth${randomBytes(4).toString("hex")}`;
    await runOk("ip", ["link", "add", name, "type", "bridge"]);
    cleanUp(t, () => runOk("ip", ["link", "del", name]));
    await runOk("ip", ["addr", "add", `${metadata}/32`, "dev", name]);
    await runOk("ip", ["link", "set", name, "up"]);
    const [service, router, mirror] = [
      await listener(t, "0.0.0.0"),
      await listener(t, "0.0.0.0"),
      await listener(t, "0.0.0.0"),
    ];
    const host = hostAddress();
    const openings = await openServers(serversIn([`http://${host}:${mirror}/npm/`]));
    const { harness, firewall, network } = await guarded(t, { routerPorts: [router], openings });
    const seen = () =>
      reads(harness, [
        ...[`${network.gateway}:${service}`, `${host}:${service}`, `${metadata}:${service}`, `${metadata}:${router}`],
        ...[`${network.gateway}:${router}`, `${host}:${router}`, `${host}:${mirror}`],
      ]);
    assert.deepEqual(await seen(), Array(7).fill("hello"));
    await firewall.make();
    assert.equal(await firewall.check(), undefined);
    assert.deepEqual(await seen(), ["no", "no", "no", "no", "no", "hello", "hello"]);
  });

  test("opens what the setting names, and leaves answers to the host alone", async (t) => {
    const [open, shut] = [await listener(t, "0.0.0.0"), await listener(t, "0.0.0.0")];
    const openings = [{ address: undefined, port: open, protocol: "tcp" as const }];
    const { harness, firewall, network } = await guarded(t, { openings });
    await firewall.make();
    assert.deepEqual(await reads(harness, [`${network.gateway}:${open}`, `${network.gateway}:${shut}`]), [
      "hello",
      "no",
    ]);
    const dyno = await harness.scheduler.start(dynoSpec(harness));
    for (let body = ""; body !== "web.1"; ) {
      body = await fetch(`http://${dyno.address}:5000/`).then(
        (answer) => answer.text(),
        () => "",
      );
    }
  });

  const floods: Record<string, (instance: string, bridge: string) => Promise<unknown>> = {
    "its chain is emptied": (instance) => runOk("iptables", ["-w", "-F", `BERTH-${instance}`]),
    "the jump of INPUT is taken away": (instance, bridge) => {
      const jump = ["-m", "comment", "--comment", commentOf(instance), "-j", `BERTH-${instance}`];
      return runOk("iptables", ["-w", "-D", "INPUT", "-i", bridge, ...jump]);
    },
    "another rule lets the dynos in before": (_instance, bridge) =>
      runOk("iptables", ["-w", "-I", "INPUT", "-i", bridge, "-j", "ACCEPT"]),
  };
  for (const [damage, flood] of Object.entries(floods)) {
    test(`is restored after ${damage}`, async (t) => {
      const port = await listener(t, "0.0.0.0");
      const { harness, firewall, network, instance } = await guarded(t);
      await firewall.make();
      const bridge = bridgeOf(network.id);
      await flood(instance, bridge);
      assert.deepEqual(await reads(harness, [`${network.gateway}:${port}`]), ["hello"]);
      assert.equal(await firewall.check(), "rules have been changed");
      await firewall.make();
      assert.equal(await firewall.check(), undefined);
      assert.deepEqual(await reads(harness, [`${network.gateway}:${port}`]), ["no"]);
      await runOk("bash", ["-c", `iptables -w -D INPUT -i ${bridge} -j ACCEPT 2>/dev/null || true`]);
    });
  }

  test("leaves nothing of one instance behind, and another one's rules in place", async (t) => {
    const [one, other] = [await guarded(t), await guarded(t)];
    await one.firewall.make();
    await other.firewall.make();
    await one.firewall.make();
    assert.equal(await other.firewall.check(), undefined);
    await one.firewall.remove();
    for (const family of [4, 6] as const) assert.ok(!(await saveTable(family)).includes(one.instance));
    assert.equal(await other.firewall.check(), undefined);
  });

  test("is removed by the scripts that remove a Berth", async (t) => {
    const { firewall, instance } = await guarded(t);
    await firewall.make();
    assert.ok((await saveTable(4)).includes(instance));
    await runOk("bash", ["-c", `. scripts/lib/instance.sh; remove_firewall_of ${instance}`]);
    for (const family of [4, 6] as const) assert.ok(!(await saveTable(family)).includes(instance));
  });

  test("needs no right but CAP_NET_ADMIN, and without it says so once and goes on", async () => {
    const entry = join(import.meta.dirname, "firewall-entry.ts");
    const set = (...rights: string[]) => runOk("setpriv", [...rights, process.execPath, entry, newInstance()]);
    assert.equal(await set("--bounding-set=-all,+net_admin"), "undefined\n");
    const { stdout, stderr } = await run("setpriv", ["--bounding-set=-all", process.execPath, entry, newInstance()]);
    assert.equal(stdout, "undefined\n", stderr);
    assert.equal(stderr.match(/firewall rules cannot be set/g)?.length, 1, stderr);
    const open = await run("setpriv", ["--bounding-set=-all", process.execPath, entry, newInstance(), "all"]);
    assert.equal(open.stdout, "undefined\n", open.stderr);
    assert.equal(open.stderr, "", "no rules were asked for");
  });

  test("opens name servers that containers could not reach otherwise", async (t) => {
    const file = join(await temporaryFolder(t), "resolv.conf");
    const own = hostAddress();
    const servers = ["192.0.2.53", "127.0.0.53", "169.254.169.253", own];
    await writeFile(file, servers.map((address) => `nameserver ${address}\n`).join(""));
    const opened = (await openResolvers([file])).map(({ address, port, protocol }) => `${address}:${port}/${protocol}`);
    const expected = ["169.254.169.253", own].flatMap((address) => [`${address}:53/udp`, `${address}:53/tcp`]);
    for (const each of expected) assert.ok(opened.includes(each), `${each} in ${opened}`);
    assert.ok(!opened.some((each) => /^(192\.0\.2\.53|127)/.test(each)), String(opened));
  });

  test("finds the servers of settings, and opens only those that it would refuse", async () => {
    const found = serversIn([undefined, "sparse+https://a.test/x/", "http://b.test:8080,direct|https://c.test", "off"]);
    const names = ["a.test:443", "b.test:8080", "c.test:443"];
    assert.deepEqual(
      found.map(({ host, port }) => `${host}:${port}`),
      names,
    );
    const port = await freePort("127.0.0.1");
    assert.deepEqual(await openServers(serversIn([`http://192.0.2.77:${port}/`, "http://nowhere.invalid/"])), []);
    const own = hostAddress();
    assert.deepEqual(await openServers(serversIn([`http://${own}:${port}/`])), [
      { address: own, port, protocol: "tcp" },
    ]);
  });
});
