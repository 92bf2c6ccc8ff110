import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { createDockerEngine } from "../../src/docker/create-engine.ts";
import { EngineError, translate } from "../../src/docker/errors.ts";
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
    const folder = await mkdtemp(join(tmpdir(), "berth-test-"));
    const socketPath = join(folder, "docker.sock");
    const server = createServer((request) => request.socket.destroy());
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    t.after(async () => {
      server.close();
      await rm(folder, { recursive: true });
    });
    const engine = createDockerEngine({ socketPath });
    await assert.rejects(engine.version());
    await assert.rejects(engine.containers.attach("x"));
    await assert.rejects(engine.containers.getArchive("x", "/"));
  });
});
