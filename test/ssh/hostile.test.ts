import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "ssh2";
import { ssh2 } from "../../src/ssh/library.ts";
import { type SshHost, startSshHost } from "../helpers/ssh-host.ts";

/** The part of ssh2's inside that puts any payload into a packet of an open connection. */
interface Wire {
  _protocol: {
    _packetRW: { write: { allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer } };
    _cipher: { encrypt(packet: Buffer): void };
  };
}

function send(client: Client, payload: Buffer): void {
  const { _packetRW, _cipher } = (client as unknown as Wire)._protocol;
  const packet = _packetRW.write.alloc(payload.length);
  packet.set(payload, _packetRW.write.allocStart);
  _cipher.encrypt(_packetRW.write.finalize(packet));
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const text = (value: string | Buffer): Buffer => Buffer.concat([number(value.length), Buffer.from(value)]);
const message = (type: number, ...fields: (Buffer | number)[]): Buffer =>
  Buffer.concat([Buffer.from([type]), ...fields.map((field) => (typeof field === "number" ? number(field) : field))]);
const openSession = (sender: number, window: number, packet: number) =>
  message(90, text("session"), sender, window, packet);
const request = (channel: number, name: string, wantReply: number, ...fields: Buffer[]) =>
  message(98, channel, text(name), Buffer.from([wantReply]), ...fields);

describe("nothing a client sends harms the daemon", () => {
  let host: SshHost;
  let cancelled = 0;
  before(async () => {
    const limits = {
      connections: 500,
      connectionsPerAddress: 500,
      logins: { perAddress: 500, patienceSeconds: 3, perNetwork: 500, dropFrom: 500, dropPercent: 30, most: 500 },
      loginGraceSeconds: 20,
    };
    host = await startSshHost({
      limits,
      execute: async (words, { stdout, signal }) => {
        signal.addEventListener("abort", () => {
          cancelled += 1;
        });
        if (words[0] === "flood") {
          for (let round = 0; round < 2000 && !signal.aborted; round++) {
            if (!stdout.write(Buffer.alloc(65_536))) await Promise.race([once(stdout, "drain"), once(signal, "abort")]);
          }
          return 0;
        }
        stdout.write("fine");
        return 0;
      },
    });
  });
  after(() => host[Symbol.asyncDispose]());

  const stillWorks = async () => assert.equal((await host.ssh(["x"])).stdout, "fine");

  test("random bytes, before and after the first line", async () => {
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const socket = connect(host.port, "127.0.0.1");
        socket.on("error", () => undefined).resume();
        if (index % 2 === 0) socket.write("SSH-2.0-Fuzz\r\n");
        for (let chunk = 0; chunk < 5; chunk++) socket.write(randomBytes(randomInt(1, 4000)));
        socket.end();
        await once(socket, "close");
      }),
    );
    await stillWorks();
  });

  test("first lines of all kinds", async () => {
    const lines = [
      "\r\n".repeat(5000),
      "SSH-1.0-x\r\n",
      `SSH-2.0-${"x".repeat(70_000)}`,
      "GET / HTTP/1.1\r\n\r\n",
      "\0".repeat(300),
    ];
    for (const line of lines) {
      const socket = connect(host.port, "127.0.0.1");
      socket.on("error", () => undefined).resume();
      socket.end(line);
      await once(socket, "close");
    }
    await stillWorks();
  });

  test("connections left half open", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const socket = connect(host.port, "127.0.0.1");
        socket.on("error", () => undefined).resume();
        await once(socket, "connect");
        if (index % 3 > 0) socket.write("SSH-2.0-Half\r\n");
        return socket;
      }),
    );
    await stillWorks();
    for (const [index, socket] of sockets.entries()) index % 2 === 0 ? socket.resetAndDestroy() : socket.destroy();
    await stillWorks();
  });

  test("a real client through a line that breaks bits", async () => {
    const sockets = new Set<Socket>();
    const line = createServer((inner) => {
      const outer = connect(host.port, "127.0.0.1");
      for (const socket of [inner, outer]) {
        sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => (socket === inner ? outer : inner).destroy());
      }
      let until = randomInt(0, 4000);
      inner.on("data", (chunk: Buffer) => {
        if (until >= 0 && until < chunk.length) chunk[until] = (chunk[until] ?? 0) ^ (1 << randomInt(0, 8));
        until -= chunk.length;
        outer.write(chunk);
      });
      outer.pipe(inner);
    });
    line.listen(0, "127.0.0.1");
    await once(line, "listening");
    const { port } = line.address() as { port: number };
    for (let round = 0; round < 25; round++) {
      await host.ssh(["x"], {
        options: ["-p", String(port), "-o", `UserKnownHostsFile=/dev/null`, "-o", "ConnectTimeout=2"],
      });
    }
    for (const socket of sockets) socket.destroy();
    line.close();
    await stillWorks();
  });

  test("a logged-in client that breaks every rule of channels", async () => {
    const payloads = [
      openSession(0, 0, 0),
      request(0, "exec", 1, text("x")),
      openSession(1, 0xffffffff, 0xffffffff),
      request(1, "exec", 1, text("x")),
      request(1, "exec", 1, text("x")),
      request(1, "shell", 1),
      request(1, "window-change", 0, number(0), number(0xffffffff), number(0), number(0)),
      openSession(1, 10, 10),
      request(
        2,
        "pty-req",
        1,
        text("../../etc/passwd"),
        number(0),
        number(0),
        number(0),
        number(0),
        text(randomBytes(40)),
      ),
      request(2, "env", 1, text("LD_PRELOAD"), text("/x")),
      request(2, "env", 1, text("GIT_PROTOCOL"), text("version=2\n$(id)")),
      request(2, "signal", 0, text("INT")),
      request(2, "exec", 1, text(Buffer.from([0xff, 0xfe, 0x00, 0x27]))),
      message(96, 2),
      message(97, 2),
      message(97, 2),
      message(94, 2, text(randomBytes(5000))),
      message(93, 2, 0xffffffff),
      message(94, 77, text("x")),
      message(97, 0xfffffffe),
      message(80, text("tcpip-forward"), Buffer.from([1]), text("0.0.0.0"), number(0)),
      message(90, text("direct-tcpip"), 9, 1000, 1000, text("127.0.0.1"), number(22), text("x"), number(1)),
      message(90, text("forwarded-tcpip"), 9, 1000, 1000),
      message(99, 0),
      message(91, 0, 0, 0, 0),
    ];
    for (const payload of payloads.slice(0, 8)) {
      const client = await login(host);
      send(client, openSession(5, 2_000_000, 32_768));
      for (const one of payloads) send(client, one);
      send(client, payload.subarray(0, randomInt(1, payload.length)));
      await sleep(5);
      client.destroy();
    }
    for (let round = 0; round < 20; round++) {
      const client = await login(host);
      send(client, openSession(0, 100, 100));
      send(client, Buffer.concat([Buffer.from([randomInt(1, 101)]), randomBytes(randomInt(0, 60))]));
      await sleep(2);
      client.destroy();
    }
    await stillWorks();
  });

  test("a client that allows empty packets only, or never reads, gets no more than what fits into little memory", async () => {
    const before = cancelled;
    const clients = await Promise.all([login(host), login(host), login(host)]);
    const [empty, closed, silent] = clients as [Client, Client, Client];
    send(empty, openSession(0, 1_000_000, 0));
    send(closed, openSession(0, 0, 32_768));
    send(silent, openSession(0, 0xffffffff, 32_768));
    const baseline = process.memoryUsage().rss;
    for (const client of clients) send(client, request(0, "exec", 1, text("flood")));
    (silent as unknown as { _sock: Socket })._sock.pause();
    await sleep(700);
    const grown = process.memoryUsage().rss - baseline;
    assert.ok(grown < 80_000_000, `${grown} bytes more`);
    await stillWorks();
    for (const client of clients) client.destroy();
    for (let tries = 0; cancelled < before + 2 && tries < 100; tries++) await sleep(20);
    assert.ok(cancelled >= before + 2);
  });

  test("and none of it was an error of the daemon's", () => {
    assert.deepEqual(host.problems, []);
  });
});

async function login(host: SshHost): Promise<Client> {
  const client = new ssh2.Client();
  client.on("error", () => undefined);
  client.connect({ host: "127.0.0.1", port: host.port, username: "x", privateKey: await readFile(host.keyFile) });
  await once(client, "ready");
  return client;
}
