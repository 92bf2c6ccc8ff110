import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { availableParallelism, networkInterfaces, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { runningWorkers } from "../../src/routing/worker-process.ts";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, eventually, run, runOk, startBerth } from "../helpers/berth.ts";
import { dockerSocket } from "../helpers/docker.ts";
import { FlakySocket } from "../helpers/flaky-socket.ts";
import { runImage } from "../helpers/images.ts";
import { afterSuite } from "../helpers/suite.ts";

const roundsMs = 60_000;

test("a stop does not wait for an engine that hangs, and says so", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "berth-engine-"));
  const socket = new FlakySocket(join(folder, "docker.sock"), dockerSocket);
  await socket.mend();
  t.after(async () => {
    await socket.cut();
    await rm(folder, { recursive: true });
  });
  const berth = await startBerth(t, "--docker-socket", socket.path, "--shutdown-timeout", "10m");
  await berth.pushOk(await berth.repositoryOf(nullApp("page")), "shop");
  socket.hang();
  const waiting = berth.cli("ps:restart", "shop");
  await eventually(async () => assert.match(berth.log.join("\n"), /ps:restart/));
  assert.equal(await berth.signal("SIGTERM"), 0);
  assert.match(berth.log.join("\n"), /engine does not answer: what waits for it is given up/);
  assert.match((await waiting).stderr, /Docker engine does not answer/);
  // It answers again, or the helper that cleans up would have no daemon to ask.
  assert.equal((await berth.fetch("shop")).status, 200);
});

suite("what the daemon makes at its start is there again after it was taken away", () => {
  let berth: Berth;
  let network: string;
  const cleanup = afterSuite();
  before(async () => {
    berth = await startBerth(cleanup);
    network = `berth-${await berth.instance()}`;
    await berth.pushOk(await berth.repositoryOf(nullApp("page")), "shop");
  });

  const answers = async () => assert.equal((await berth.fetch("shop")).status, 200);
  const dyno = async () => (await berth.containers("label=berth.app=shop"))[0] ?? "";
  const chain = async () => (await run("iptables", ["-w", "-S", `BERTH-${await berth.instance()}`])).stdout;

  test("the network with the dynos on it, sockets, the snapshot, the firewall", async () => {
    const rules = await chain();
    assert.match(rules, /REJECT/);
    const id = await dyno();
    await runOk("docker", ["network", "disconnect", "-f", network, id]);
    await runOk("docker", ["network", "rm", network]);
    await rm(join(berth.root, "run"), { recursive: true });
    await writeFile(join(berth.root, "routes.json"), '{"format":99,"revision":1,"apps":[]}');
    await runOk("iptables", ["-w", "-F", `BERTH-${await berth.instance()}`]);
    await eventually(answers, roundsMs);
    assert.equal(await dyno(), id, "the dyno was replaced");
    await eventually(async () => assert.equal((await berth.cli("apps:list")).code, 0), roundsMs);
    await eventually(async () => {
      assert.equal(JSON.parse(await readFile(join(berth.root, "routes.json"), "utf8")).format, 1);
      assert.equal(await chain(), rules);
    }, roundsMs);
    // Workers hear of what changes, also one that starts now.
    await berth.cliOk("config:set", "shop", "A=1");
    await answers();
  });

  test("the network, at once for whoever needs it", async () => {
    await berth.cliOk("ps:stop", "shop");
    await runOk("docker", ["network", "rm", network]);
    await berth.cliOk("ps:start", "shop");
    await answers();
  });

  test("no step of a build reaches a service of the host, with either builder of the engine", async (t) => {
    const server = createServer((socket) => socket.on("error", () => undefined).end("hello\n"));
    server.listen(0, "0.0.0.0");
    await once(server, "listening");
    t.after(() => void server.close());
    const { port } = server.address() as { port: number };
    const format = "{{range .IPAM.Config}}{{.Gateway}}{{end}}";
    const own = (await runOk("docker", ["network", "inspect", network, "-f", format])).trim();
    const shared = (networkInterfaces().docker0 ?? []).find(({ family }) => family === "IPv4")?.address ?? own;
    const look = (host: string) =>
      `timeout 5 bash -c 'head -n 1 </dev/tcp/${host}/${port}' 2>/dev/null || echo refused`;
    const step = `echo "seen: $(${look(own)}) $(${look(shared)})"`;
    const before = await chain();
    for (const backend of ["buildkit", "classic"]) {
      await berth.cliOk("apps:create", backend);
      await berth.cliOk("builder-dockerfile:set", backend, "backend", backend);
      const Dockerfile = `FROM ${runImage}\nENV NONCE=${randomUUID()}\nRUN ${step}\n`;
      const pushed = await berth.pushOk(
        await berth.repositoryOf({ Dockerfile, Procfile: "task: sleep 60\n" }),
        backend,
      );
      assert.match(pushed, /seen: refused refused/, pushed);
    }
    assert.equal(await chain(), before, "rules for builds were left");
  });

  test("a dyno has its part of the machine, and is killed before the daemon", async () => {
    const { HostConfig, State } = JSON.parse(await runOk("docker", ["inspect", await dyno()]))[0];
    assert.ok(HostConfig.Memory >= totalmem() / 2 && HostConfig.Memory < totalmem(), String(HostConfig.Memory));
    assert.ok(HostConfig.MemorySwap >= HostConfig.Memory);
    assert.ok(
      HostConfig.NanoCpus > 0 && HostConfig.NanoCpus < availableParallelism() * 1e9,
      String(HostConfig.NanoCpus),
    );
    assert.ok(HostConfig.PidsLimit > 0);
    const score = async (pid: number) => Number(await readFile(`/proc/${pid}/oom_score_adj`, "utf8"));
    const routers = [...(await runningWorkers(berth.root)).keys()];
    const own = await score(State.Pid);
    assert.equal(own, HostConfig.OomScoreAdj);
    for (const pid of [berth.pid, ...routers]) assert.ok((await score(pid)) < own);
  });
});
