import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import pino from "pino";
import { Keeper } from "../../src/lib/keeper.ts";
import { SocketFile } from "../../src/lib/socket-file.ts";

test("goes on to the next thing after one that cannot be made, and says it once", async () => {
  const lines: string[] = [];
  const logger = pino({}, { write: (line) => void lines.push(line) });
  let made = 0;
  const broken = { check: async () => "is missing", make: () => Promise.reject(new Error("no disk")) };
  const whole = { check: async () => (made === 0 ? "is missing" : undefined), make: async () => void made++ };
  const keeper = new Keeper({ things: { broken, whole }, everyMs: 1_000_000, logger });
  await keeper.round();
  await keeper.round();
  assert.equal(made, 1);
  assert.equal(lines.filter((line) => line.includes("no disk")).length, 1);
  assert.equal(lines.filter((line) => line.includes("restored what the daemon needs")).length, 1);
});

const damages: Record<string, (path: string) => Promise<unknown>> = {
  "was removed": (path) => rm(path),
  "has a file in its place": async (path) => {
    await rm(path);
    await writeFile(path, "");
  },
  "went with its folder": (path) => rm(join(path, ".."), { recursive: true }),
};

for (const [damage, damaged] of Object.entries(damages)) {
  test(`a socket that ${damage} takes connections again, and those it had go on`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "berth-socket-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, "run", "a.sock");
    await mkdir(join(folder, "run"));
    const fail = (error: Error) => assert.fail(error);
    const file = new SocketFile({ path, onConnection: (socket) => socket.pipe(socket), onError: fail });
    await file.open();
    const before = connect(path);
    await once(before, "connect");
    assert.equal(await file.check(), undefined);
    await damaged(path);
    assert.notEqual(await file.check(), undefined);
    await file.make();
    assert.equal(await file.check(), undefined);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    for (const socket of [before, connect(path)]) {
      socket.write("hello");
      assert.equal(String((await once(socket, "data"))[0]), "hello");
      socket.destroy();
    }
    await file.close();
    await assert.rejects(stat(path), { code: "ENOENT" });
    assert.equal(await file.check(), undefined, "a closed socket is kept closed");
  });
}
