import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, suite, test } from "node:test";
import type { ConfigVars } from "../../../src/model/app.ts";
import type { Dyno } from "../../../src/model/dyno.ts";
import { rawDocker } from "../../helpers/docker.ts";
import { dynoSpec, never, runIo, runSpec, until } from "../contract.ts";
import { type DockerHarness, dockerHarness } from "./harness.ts";

suite("What a dyno may and may not do", { concurrency: 4 }, () => {
  let harness: DockerHarness;
  before(async () => {
    harness = await dockerHarness();
  });
  after(() => harness.dispose());

  /** What a shell line prints in a one-off dyno, which is confined as every dyno is. */
  async function output(script: string, config: ConfigVars = {}): Promise<string> {
    const { io, stdout, stderr } = runIo("");
    const code = await harness.scheduler.attach({ ...runSpec(harness, ["bash", "-c", script]), config }, io);
    assert.equal(stderr(), "");
    return `${stdout()}${code === 0 ? "" : `exit ${code}`}`;
  }

  /** What a dyno prints until it ends. */
  async function printed(dyno: Dyno): Promise<string[]> {
    const logs = harness.scheduler.logs(dyno.id, { follow: true, lines: 1000, signal: never });
    return (await Array.fromAsync(logs)).map(({ text }) => text);
  }

  function connects(dyno: Dyno, port = 5000): string {
    return `timeout 2 bash -c 'exec 3<>/dev/tcp/${dyno.address}/${port}' 2>/dev/null && echo yes || echo no`;
  }

  test("it has no privileges and cannot gain any", async () => {
    const status = await output("id -u; grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status");
    assert.deepEqual(status.trim().split("\n"), [
      "32767",
      "CapInh:\t0000000000000000",
      "CapPrm:\t0000000000000000",
      "CapEff:\t0000000000000000",
      "CapBnd:\t0000000000000000",
      "CapAmb:\t0000000000000000",
      "NoNewPrivs:\t1",
    ]);
  });

  test("a long-running dyno is confined in the same way", async () => {
    const command = "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; cat /proc/1/comm; id -u";
    const dyno = await harness.scheduler.start(dynoSpec(harness, { command }));
    assert.deepEqual(await printed(dyno), [
      "CapEff:\t0000000000000000",
      "CapBnd:\t0000000000000000",
      "NoNewPrivs:\t1",
      "docker-init",
      "32767",
    ]);
  });

  test("it can have so many processes and no more", async () => {
    const limit = await output("cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null || true");
    assert.equal(limit.trim(), "1024");
  });

  test("config vars arrive whatever is in them", async () => {
    const config = {
      LINES: "one\ntwo\n\nfour\n",
      EQUALS: "a=b==c",
      QUOTES: `'single' "double" \`back\` $HOME \\ !`,
      UNICODE: "Grüße, 世界 🚢",
      SPACES: "  both ends  ",
      EMPTY: "",
      TABS: "\t\r\t",
    };
    const names = Object.keys(config);
    const script = names.map((name) => `printf '%s' "$${name}" | base64 -w0; echo`).join("; ");
    const values = (await output(script, config)).split("\n").map((line) => Buffer.from(line, "base64").toString());
    assert.deepEqual(Object.fromEntries(names.map((name, i) => [name, values[i]])), config);
  });

  test("reserved names win over config vars", async () => {
    const config = { PORT: "80", DYNO: "me" };
    const command = 'echo "$DYNO $PORT"';
    const web = await harness.scheduler.start(dynoSpec(harness, { command, config }));
    assert.deepEqual(await printed(web), ["web.1 5000"]);
    const worker = { command, config, processType: "worker", number: 2, port: undefined };
    assert.deepEqual(await printed(await harness.scheduler.start(dynoSpec(harness, worker))), ["worker.2 80"]);
    assert.match(await output('echo "$DYNO"', config), /^run\.\d{4}\n$/);
  });

  test("dynos cannot reach each other, and the host reaches both", async () => {
    const { scheduler } = harness;
    const one = await scheduler.start(dynoSpec(harness));
    const other = await scheduler.start(dynoSpec(harness));
    for (const { address } of [one, other]) {
      await until(async () => (await fetch(`http://${address}:5000/`).catch(() => undefined))?.ok === true);
    }
    assert.equal(await output(connects(one)), "no\n");
    const names = await output(
      `timeout 2 bash -c 'exec 3<>/dev/tcp/${one.id.slice(0, 12)}/5000' 2>/dev/null || echo no`,
    );
    assert.equal(names, "no\n");
  });

  test("a dyno reaches out", async () => {
    const server = createServer((socket) => socket.on("error", () => {}).end("hello from outside\n"));
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    const { port } = server.address() as { port: number };
    try {
      assert.equal(await output(`cat < /dev/tcp/${harness.network.gateway}/${port}`), "hello from outside\n");
    } finally {
      server.close();
    }
    const routes = await output("tail -n +2 /proc/net/route | cut -f 2");
    assert.ok(routes.split("\n").includes("00000000"), "it has a default route");
  });

  test("it cannot write to the host's kernel settings or see its devices", async () => {
    assert.equal(await output("{ echo 1 > /proc/sys/kernel/panic; } 2>/dev/null || echo no"), "no\n");
    assert.equal(await output("ls /dev/sda /dev/vda /dev/kmsg /var/run/docker.sock 2>/dev/null | wc -l"), "0\n");
  });

  test("no port is published", async () => {
    const dyno = await harness.scheduler.start(dynoSpec(harness));
    const { HostConfig } = await rawDocker().getContainer(dyno.id).inspect();
    assert.deepEqual(HostConfig.PortBindings ?? {}, {});
    assert.equal(HostConfig.Privileged, false);
    assert.equal(HostConfig.Binds, null);
  });
});
