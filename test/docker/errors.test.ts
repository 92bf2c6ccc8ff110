import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { suite, type TestContext, test } from "node:test";
import { createDockerEngine } from "../../src/docker/create-engine.ts";
import type { DockerEngine } from "../../src/docker/engine.ts";
import { EngineError, translate } from "../../src/docker/errors.ts";
import type { TimeLimits } from "../../src/docker/time-limit.ts";
import { dockerSocket } from "../helpers/docker.ts";

suite("Errors of the engine", () => {
  test("a full disk is told as what it is", () => {
    const answer = { statusCode: 500, json: { message: "write /app/file: no space left on device" } };
    assert.equal((translate(answer, "/socket") as { code?: string }).code, "disk-full");
  });

  test("a socket that is not there, or is no socket, is named with what to do", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "berth-test-"));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, "file");
    await writeFile(file, "");
    for (const socketPath of [join(folder, "missing.sock"), file]) {
      await assert.rejects(
        createDockerEngine({ socketPath }).version(),
        (error: Error & { code?: string; hint?: string }) => {
          assert.equal(error.code, "engine-unreachable");
          assert.ok(error.message.includes(socketPath));
          assert.match(error.hint ?? "", /systemctl status docker/);
          return true;
        },
      );
    }
  });

  test("a socket without permission leads to the group docker", () => {
    const error = translate(Object.assign(new Error("connect EACCES"), { code: "EACCES" }), "/run/docker.sock");
    assert.match(error.message, /permission denied/);
    assert.match((error as { hint?: string }).hint ?? "", /usermod -aG docker/);
  });

  test("what the engine says is kept, with its status", async () => {
    const engine = createDockerEngine({ socketPath: dockerSocket });
    await assert.rejects(engine.containers.start("no-such-container"), (error: Error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.status, 404);
      assert.equal(error.message, "No such container: no-such-container");
      return true;
    });
  });

  test("the configured socket counts, whatever DOCKER_HOST says", async (t) => {
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = "tcp://127.0.0.1:1";
    t.after(() => {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    });
    assert.match((await createDockerEngine({ socketPath: dockerSocket }).version()).version, /^\d+\./);
  });

  test("an engine that breaks off is an error, not the end of the daemon", async (t) => {
    const engine = await engineThat(t, undefined, (request) => request.socket.destroy());
    await assert.rejects(engine.version());
    await assert.rejects(engine.containers.attach("x"));
    await assert.rejects(engine.containers.getArchive("x", "/"));
  });

  suite("of an engine that takes calls and says nothing", () => {
    const limits = { lookMs: 60, changeMs: 90 };
    const isSilent = (error: Error & { code?: string }): boolean => {
      assert.equal(error.code, "engine-silent", error.message);
      return true;
    };

    test("every call that is no build, process or transfer ends by itself", async (t) => {
      const engine = await engineThat(t, limits, () => undefined);
      const calls = [
        engine.version(),
        engine.containers.list({}),
        engine.containers.create("x", {}),
        engine.containers.start("x"),
        engine.containers.stop("x"),
        engine.containers.remove("x"),
        engine.containers.attach("x"),
        engine.containers.output("x", ["true"]),
        engine.images.inspect("x"),
        engine.images.remove("x"),
        engine.images.pruneUntagged({}),
        engine.networks.create({ name: "x", labels: {} }),
        engine.networks.connect("x", "y", []),
        engine.volumes.remove("x"),
        engine.events({ labels: {}, since: 0 }, new AbortController().signal),
      ];
      await Promise.all(calls.map((call) => assert.rejects(call, isSilent)));
    });

    test("an answer that does not come to its end counts as none", async (t) => {
      const engine = await engineThat(t, limits, (_, response) => void response.writeHead(200).write("["));
      await assert.rejects(engine.containers.list({}), isSilent);
    });

    test("a stop has the container's own time and then the limit", async (t) => {
      let asked = 0;
      const engine = await engineThat(t, limits, (request, response) => {
        if (request.url?.endsWith("/json")) response.end(JSON.stringify({ Config: { StopTimeout: 1 } }));
        else asked = Date.now();
      });
      await assert.rejects(engine.containers.stop("x"), isSilent);
      assert.ok(Date.now() - asked >= 1000);
    });

    test("a wait and a stream that has begun go on", async (t) => {
      const engine = await engineThat(t, limits, (request, response) => {
        if (request.url?.includes("/events")) response.writeHead(200).flushHeaders();
        else setTimeout(() => response.end('{"StatusCode":7}'), 300);
      });
      const stop = new AbortController();
      const events = await engine.events({ labels: {}, since: 0 }, stop.signal);
      let ended = false;
      const reading = Array.fromAsync(events).finally(() => (ended = true));
      assert.equal(await engine.containers.wait("x"), 7);
      assert.equal(ended, false);
      stop.abort();
      await reading;
    });

    test("what is not timed ends by its signal", async (t) => {
      const engine = await engineThat(t, limits, () => undefined);
      const given = AbortSignal.timeout(50);
      await assert.rejects(engine.containers.commit("x", { repository: "a", tag: "b" }, {}, given));
      await assert.rejects(engine.containers.putArchive("x", "/", Buffer.alloc(1024), given));
      await assert.rejects(engine.containers.wait("x", given));
      const image = {
        dockerfile: "Dockerfile",
        tag: "x",
        labels: {},
        buildArgs: {},
        limits: { cpus: 1, memoryBytes: 0 },
      };
      const session = {
        backend: "buildkit",
        context: Readable.from([]),
        secret: () => undefined,
        onLine: () => {},
      } as const;
      await assert.rejects(engine.images.build({ ...image, ...session }, AbortSignal.timeout(50)), {
        name: "TimeoutError",
      });
    });
  });
});

async function engineThat(
  t: TestContext,
  limits: TimeLimits | undefined,
  answer: RequestListener,
): Promise<DockerEngine> {
  const folder = await mkdtemp(join(tmpdir(), "berth-test-"));
  const socketPath = join(folder, "docker.sock");
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  return createDockerEngine({ socketPath, ...(limits && { limits }) });
}
