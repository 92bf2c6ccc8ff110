import assert from "node:assert/strict";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { connect } from "node:net";
import { after, describe, test } from "node:test";
import pino from "pino";
import { FrameReader, frame, fromClient } from "../../src/cli/protocol.ts";
import { createCommandServer } from "../../src/cli/server.ts";
import { UserError } from "../../src/model/errors.ts";
import { client, type Door, finished, openDoor, shown, startClient } from "./harness.ts";

const doors: Door[] = [];
after(() => Promise.all(doors.map((door) => door.stop())));

const logger = pino({ level: "silent" });

describe("the command socket", () => {
  test("is its owner's alone", async () => {
    const door = await openDoor(async () => 0);
    doors.push(door);
    assert.equal((await stat(door.socketPath)).mode & 0o777, 0o600);
  });

  test("is not taken from a daemon that answers on it", async () => {
    const door = await openDoor(async () => 7);
    doors.push(door);
    const second = createCommandServer({ socketPath: door.socketPath, execute: async () => 0, logger });
    await assert.rejects(second.start(), (error) => error instanceof UserError && error.code === "already-running");
    assert.equal((await client(door.root, ["x"])).code, 7);
  });

  test("is taken over from one that was killed", async () => {
    const door = await openDoor(async () => 1);
    doors.push(door);
    const { spawn } = await import("node:child_process");
    const path = `${door.root}/run/stale.sock`;
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("listens"))`;
    const killed = spawn(process.execPath, ["-e", script]);
    await shown(killed.stdout, "listens");
    killed.kill("SIGKILL");
    await once(killed, "exit");
    assert.ok((await stat(path)).isSocket());
    const server = createCommandServer({ socketPath: path, execute: async () => 0, logger });
    await server.start();
    await server.stop(0);
    await assert.rejects(stat(path), { code: "ENOENT" });
  });

  test("with too long a path is refused in words", async () => {
    const socketPath = `/tmp/${"x".repeat(120)}/command.sock`;
    const server = createCommandServer({ socketPath, execute: async () => 0, logger });
    await assert.rejects(server.start(), (error) => error instanceof UserError && error.code === "root-too-long");
  });

  test("survives clients that speak something else", async () => {
    const door = await openDoor(async () => 5);
    doors.push(door);
    const nonsense = [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.from([1, 0xff, 0xff, 0xff, 0xff]),
      frame(fromClient.hello, "{"),
      frame(fromClient.hello, JSON.stringify({ protocol: 1, words: [1] })),
      frame(fromClient.hello, "null"),
      frame(99),
    ];
    for (const bytes of nonsense) {
      const socket = connect(door.socketPath);
      socket.write(bytes);
      socket.resume();
      await once(socket, "close");
    }
    assert.equal((await client(door.root, ["x"])).code, 5);
  });

  test("tells a client of another version so", async () => {
    const door = await openDoor(async () => 0);
    doors.push(door);
    const socket = connect(door.socketPath);
    socket.write(frame(fromClient.hello, JSON.stringify({ protocol: 999, words: [] })));
    let text = "";
    socket.setEncoding("utf8").on("data", (piece) => {
      text += piece;
    });
    await once(socket, "close");
    assert.match(text, /of another version than the running daemon/);
  });
});

describe("stopping the local door", () => {
  test("lets a command end within its time, and takes no new one", async () => {
    const release = Promise.withResolvers<void>();
    const door = await openDoor(async (_, { stdout }) => {
      stdout.write("ready\n");
      await release.promise;
      return 9;
    });
    const child = startClient(door.root, ["x"]);
    const ready = shown(child.stdout, "ready");
    const end = finished(child);
    await ready;
    const stopped = door.stop(60_000);
    assert.match((await client(door.root, ["y"])).stderr, /is not running/);
    release.resolve();
    assert.equal((await end).code, 9);
    await stopped;
  });

  test("aborts what goes on after that", async () => {
    const door = await openDoor(async (_, { stdout, signal }) => {
      stdout.write("ready\n");
      await once(signal, "abort");
      return 130;
    });
    const child = startClient(door.root, ["x"]);
    const ready = shown(child.stdout, "ready");
    const end = finished(child);
    await ready;
    await door.stop(0);
    assert.equal((await end).code, 130);
  });
});

describe("frames", () => {
  test("come out whole, however they were cut", () => {
    const sent = [frame(1, "a"), frame(2), frame(3, Buffer.alloc(300, 7)), frame(4, "ünï")];
    for (const size of [1, 2, 3, 7, 400]) {
      const seen: [number, string][] = [];
      const reader = new FrameReader((type, payload) => seen.push([type, payload.toString("hex")]));
      const bytes = Buffer.concat(sent);
      for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
      assert.deepEqual(
        seen.map(([type, hex]) => [type, hex.length / 2]),
        [
          [1, 1],
          [2, 0],
          [3, 300],
          [4, 5],
        ],
      );
    }
  });
});
