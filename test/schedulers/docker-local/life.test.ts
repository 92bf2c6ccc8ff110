import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { createDockerEngine } from "../../../src/docker/create-engine.ts";
import { labels } from "../../../src/docker/labels.ts";
import { formatAddress, parseAddress } from "../../../src/lib/ipv4.ts";
import { createDockerLocalScheduler } from "../../../src/schedulers/docker-local/create-scheduler.ts";
import { dockerSocket, rawDocker } from "../../helpers/docker.ts";
import { FlakySocket } from "../../helpers/flaky-socket.ts";
import { collect, dynoSpec, never, until } from "../contract.ts";
import { type DockerHarness, dockerHarness } from "./harness.ts";

function following(address: string | undefined): string {
  return formatAddress((parseAddress(address ?? "") ?? 0) + 1);
}

suite("The life of a dyno in Docker", { concurrency: 4 }, () => {
  let harness: DockerHarness;
  before(async () => {
    harness = await dockerHarness();
  });
  after(() => harness.dispose());

  async function texts(id: string, lines = 1000): Promise<string[]> {
    const logs = harness.scheduler.logs(id, { follow: false, lines, signal: never });
    return (await Array.fromAsync(logs)).map(({ text }) => text);
  }

  test("it keeps its address when the engine restarts it", async () => {
    const { scheduler } = harness;
    const dyno = await scheduler.start(dynoSpec(harness, { restartPolicy: "always" }));
    const container = rawDocker().getContainer(dyno.id);
    await container.restart({ t: 0 });
    const { NetworkSettings } = await container.inspect();
    assert.equal(NetworkSettings.Networks[harness.network.name]?.IPAddress, dyno.address);
    const [listed] = await scheduler.list(dyno.app);
    assert.equal(listed?.address, dyno.address);
  });

  test("dynos of an app that start at once are on one network, and those after them too", async () => {
    const { scheduler, engine, instance } = harness;
    const start = (name: string) => {
      const runtime = { command: ["/exec", "sleep", "infinity"], volumes: [], aliases: [name], appId: "joined" };
      return scheduler.start(dynoSpec(harness, { runtime, port: undefined }));
    };
    const dynos = await Promise.all(["a", "b", "c"].map(start));
    dynos.push(await start("d"));
    const networks = await engine.networks.list({ [labels.instance]: instance, [labels.appId]: "joined" });
    assert.equal(networks.length, 1);
    const found = await rawDocker()
      .getNetwork(networks[0]?.id ?? "")
      .inspect();
    assert.deepEqual(Object.keys(found.Containers ?? {}).sort(), dynos.map(({ id }) => id).sort());
  });

  test("it keeps its address while it is down and others start", async () => {
    const { scheduler } = harness;
    const dyno = await scheduler.start(dynoSpec(harness));
    const container = rawDocker().getContainer(dyno.id);
    await container.stop({ t: 0 });
    // A scheduler that knows nothing of the one before, as after a restart of the daemon.
    const fresh = createDockerLocalScheduler(harness);
    const others = await Promise.all([1, 2, 3].map(() => fresh.start(dynoSpec(harness))));
    assert.ok(others.every(({ address }) => address !== dyno.address));
    await container.start();
    assert.equal((await scheduler.list(dyno.app))[0]?.state, "running");
  });

  test("an address that a foreign container took is passed over", async () => {
    // A place of its own: here addresses are handed out one after the other to nobody else.
    const { scheduler, network, engine, instance, image, dispose } = await dockerHarness();
    try {
      const one = await scheduler.start(dynoSpec(harness));
      const next = following(one.address);
      const foreign = await engine.containers.create(`foreign-${instance}`, {
        Image: image,
        Cmd: ["sleep", "infinity"],
        Labels: { [labels.instance]: instance, [labels.kind]: "foreign" },
        HostConfig: { NetworkMode: network.name },
        NetworkingConfig: { EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: next } } } },
      });
      await engine.containers.start(foreign);
      const two = await scheduler.start(dynoSpec(harness));
      assert.equal(two.address, following(next));
      assert.equal((await scheduler.list()).length, 2, "nothing is left of the try");
    } finally {
      await dispose();
    }
  });

  test("the engine restarts it as its policy says, and counts", async () => {
    const { scheduler } = harness;
    const spec = dynoSpec(harness, { command: "echo up; exit 3", restartPolicy: "on-failure:2" });
    const { id } = await scheduler.start(spec);
    await until(async () => (await scheduler.list(spec.app))[0]?.state === "exited");
    const [dyno] = await scheduler.list(spec.app);
    assert.equal(dyno?.restarts, 2);
    assert.equal(dyno?.exitCode, 3);
    assert.deepEqual(await texts(id), ["up", "up", "up"]);
  });

  test("it gets SIGTERM and ends when it likes", async () => {
    const { scheduler } = harness;
    const stop = new AbortController();
    const command = "trap 'echo bye; exit 0' TERM; echo ready; sleep infinity & wait";
    const dyno = await scheduler.start(dynoSpec(harness, { command, stopTimeoutSeconds: 20 }));
    const seen: string[] = [];
    const followed = (async () => {
      for await (const { text } of scheduler.logs(dyno.id, { follow: true, lines: 9, signal: stop.signal }))
        seen.push(text);
    })();
    await until(() => seen.includes("ready"));
    const begin = Date.now();
    await scheduler.stop(dyno.id);
    assert.ok(Date.now() - begin < 10_000, "it was not waited for");
    await followed;
    assert.deepEqual(seen, ["ready", "bye"]);
  });

  test("one that ignores SIGTERM is killed after its stop timeout", async () => {
    const { scheduler } = harness;
    const command = "trap '' TERM; echo ready; while true; do sleep 0.1; done";
    const dyno = await scheduler.start(dynoSpec(harness, { command, stopTimeoutSeconds: 1 }));
    await until(async () => (await texts(dyno.id)).includes("ready"));
    const begin = Date.now();
    await scheduler.stop(dyno.id);
    const took = Date.now() - begin;
    assert.ok(took >= 1_000 && took < 8_000, `${took} ms`);
    assert.deepEqual(await scheduler.list(dyno.app), []);
  });

  test("a single command gets the signal itself, without a shell in between", async () => {
    const { scheduler } = harness;
    const dyno = await scheduler.start(dynoSpec(harness, { command: "exec sleep infinity", stopTimeoutSeconds: 20 }));
    const begin = Date.now();
    await scheduler.stop(dyno.id);
    assert.ok(Date.now() - begin < 10_000);
  });

  test("long lines come whole, and both outputs are told apart", async () => {
    const { scheduler } = harness;
    const command = "printf 'x%.0s' $(seq 40000); echo; echo wrong >&2; printf 'no end'";
    const dyno = await scheduler.start(dynoSpec(harness, { command }));
    const lines = await Array.fromAsync(scheduler.logs(dyno.id, { follow: true, lines: 100, signal: never }));
    const stdout = lines.filter(({ stream }) => stream === "stdout").map(({ text }) => text);
    const stderr = lines.filter(({ stream }) => stream === "stderr").map(({ text }) => text);
    assert.deepEqual([stdout, stderr], [["x".repeat(40_000), "no end"], ["wrong"]]);
  });

  test("what cannot be put into a container is the user's to mend, and is not shown", async () => {
    const spec = dynoSpec(harness, { config: { TOKEN: "secret\0part" } });
    await assert.rejects(harness.scheduler.start(spec), (error: Error & { code?: string }) => {
      assert.equal(error.code, "dyno-cannot-start");
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    assert.deepEqual(await harness.scheduler.list(spec.app), []);
  });

  test("the last lines of a dyno that ends come to who follows it", async () => {
    for (let round = 0; round < 6; round++) {
      const { id } = await harness.scheduler.start(
        dynoSpec(harness, { command: "seq 5; echo dying >&2; printf dead" }),
      );
      const lines = await Array.fromAsync(harness.scheduler.logs(id, { follow: true, lines: 100, signal: never }));
      assert.deepEqual(lines.map(({ text }) => text).sort(), ["1", "2", "3", "4", "5", "dead", "dying"]);
    }
  });

  test("two Berths on one engine neither see nor touch each other's dynos", async () => {
    const other = await dockerHarness();
    try {
      const spec = dynoSpec(harness);
      const stop = new AbortController();
      const foreign = collect(await other.scheduler.watch(stop.signal), spec.app);
      const here = await harness.scheduler.start(spec);
      const there = await other.scheduler.start({ ...spec, release: 9 });
      assert.deepEqual(
        (await harness.scheduler.list(spec.app)).map(({ id }) => id),
        [here.id],
      );
      assert.deepEqual(
        (await other.scheduler.list()).map(({ id }) => id),
        [there.id],
      );
      assert.notEqual(harness.network.subnet, other.network.subnet);
      await other.scheduler.stop(there.id);
      await until(() => foreign.some(({ type }) => type === "gone"));
      assert.ok(foreign.every(({ id }) => id === there.id));
      assert.equal((await harness.scheduler.list(spec.app))[0]?.state, "running");
      stop.abort();
    } finally {
      await other.dispose();
    }
  });

  test("a watch goes on when the engine comes back, and tells what changed meanwhile", async () => {
    const folder = await mkdtemp(join(tmpdir(), "berth-test-"));
    const socket = new FlakySocket(join(folder, "docker.sock"), dockerSocket);
    const stop = new AbortController();
    try {
      await socket.mend();
      const engine = createDockerEngine({ socketPath: socket.path });
      const watched = createDockerLocalScheduler({ ...harness, engine });
      const one = await harness.scheduler.start(dynoSpec(harness));
      const events = collect(await watched.watch(stop.signal), one.app);
      await socket.cut();
      await harness.scheduler.stop(one.id);
      const two = await harness.scheduler.start(dynoSpec(harness, { app: one.app, number: 2 }));
      await socket.mend();
      const told = (type: string, id: string) => events.some((event) => event.type === type && event.id === id);
      await until(() => told("gone", one.id) && told("started", two.id));
      await harness.scheduler.stop(two.id);
      await until(() => told("gone", two.id));
    } finally {
      stop.abort();
      await socket.cut();
      await rm(folder, { recursive: true });
    }
  });

  test("an engine that is not there is named", async () => {
    const engine = createDockerEngine({ socketPath: "/nonexistent/docker.sock" });
    const scheduler = createDockerLocalScheduler({ ...harness, engine });
    const expected = { code: "engine-unreachable", message: /\/nonexistent\/docker\.sock: there is no such socket/ };
    await assert.rejects(scheduler.list(), expected);
    await assert.rejects(scheduler.start(dynoSpec(harness)), expected);
    await assert.rejects(scheduler.watch(never), expected);
  });

  test("a missing image is the user's to mend", async () => {
    await assert.rejects(harness.scheduler.start(dynoSpec(harness, { image: "berth-test/missing:1" })), {
      code: "image-missing",
    });
  });
});
