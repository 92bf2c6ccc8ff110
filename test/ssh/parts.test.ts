import assert from "node:assert/strict";
import { createCipheriv, createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { Logger } from "../../src/lib/logger.ts";
import { Admission, type AdmissionLimits } from "../../src/ssh/admission.ts";
import { connectionLimits } from "../../src/ssh/limits.ts";
import { LineDiscipline } from "../../src/ssh/line-discipline.ts";
import { createPacketReader, PacketTooLong } from "../../src/ssh/packet-reader.ts";
import { RefusalLog } from "../../src/ssh/refusal-log.ts";
import { readRequestedCommand } from "../../src/ssh/requested-command.ts";
import { ClientTerminal } from "../../src/ssh/terminal.ts";
import { verifySignature } from "../../src/ssh/verify-signature.ts";

describe("the line a client sends", () => {
  const git: [string, string, string][] = [
    ["git-receive-pack 'shop'", "receive-pack", "shop"],
    ["git receive-pack '/shop.git'", "receive-pack", "shop"],
    ["git-upload-pack '~/shop'", "upload-pack", "shop"],
    ["git-upload-pack '/shop/'", "upload-pack", "shop"],
    ["git-upload-pack '../../etc'", "upload-pack", "../../etc"],
    ["git-receive-pack ''", "receive-pack", ""],
  ];
  for (const [line, kind, app] of git) {
    test(`${line} is for git`, () => assert.deepEqual(readRequestedCommand(line), { kind, app }));
  }

  const others: [string | undefined, string[]][] = [
    [undefined, ["help"]],
    ["", ["help"]],
    ["apps:list --quiet", ["apps:list", "--quiet"]],
    ["git:set app deploy-branch x", ["git:set", "app", "deploy-branch", "x"]],
    ["git status", ["git", "status"]],
    ["git-shell -c x", ["git-shell", "-c", "x"]],
  ];
  for (const [line, words] of others) {
    test(`${line} is a command`, () => assert.deepEqual(readRequestedCommand(line), { kind: "command", words }));
  }

  test("is refused in words where it makes no sense", () => {
    assert.throws(() => readRequestedCommand("a 'b"), { code: "invalid-quoting", exitCode: 2 });
    assert.throws(() => readRequestedCommand("git-upload-archive 'x'"), { code: "git-archive-unsupported" });
    assert.throws(() => readRequestedCommand("git-receive-pack"), { code: "invalid-git-path", exitCode: 2 });
    assert.throws(() => readRequestedCommand("git-receive-pack a b"), { code: "invalid-git-path" });
    assert.throws(() => readRequestedCommand("x".repeat(262_145)), { code: "command-too-long", exitCode: 2 });
  });
});

describe("admission", () => {
  const logins = { perAddress: 2, patienceSeconds: 3, perNetwork: 3, dropFrom: 6, dropPercent: 30, most: 8 };
  const limits = { connections: 3, connectionsPerAddress: 2, logins };

  function admission({ random = 0.99, ...changes }: Partial<AdmissionLimits> & { random?: number } = {}) {
    const state = { now: 0, random };
    const door = new Admission(
      { ...limits, ...changes },
      () => state.random,
      () => state.now,
    );
    const evicted: string[] = [];
    const enter = (address: string) => {
      const place = door.enter(address, (reason) => evicted.push(`${address}: ${reason}`));
      assert.ok(typeof place !== "string", String(place));
      return place;
    };
    const refused = (address: string) => door.enter(address, () => undefined);
    return { state, evicted, enter, refused };
  }

  test("limits logins by address and by network, and lets others in", () => {
    const { enter, refused } = admission();
    enter("192.0.2.1");
    enter("192.0.2.1");
    assert.equal(refused("192.0.2.1"), "too many logins at once from this address");
    enter("192.0.2.2");
    assert.equal(refused("192.0.2.3"), "too many logins at once from this network");
    enter("192.0.3.1");
  });

  test("takes a /64 of IPv6 for one address, and a /48 for one network", () => {
    const { enter, refused } = admission();
    enter("2001:db8:1:2::1");
    enter("2001:db8:1:2:ffff::2");
    assert.equal(refused("2001:0db8:0001:2::3"), "too many logins at once from this address");
    enter("2001:db8:1:3::1");
    assert.equal(refused("2001:db8:1:4::1"), "too many logins at once from this network");
    enter("2001:db8:2::1");
    enter("fe80::1%eth0");
  });

  test("drops at random from a number on, and all at the most", () => {
    const { state, enter, refused } = admission();
    for (const address of ["a", "b", "c", "d", "e"]) enter(address);
    state.random = 0;
    enter("f");
    assert.equal(refused("g"), "too many logins at once");
    state.random = 0.31;
    enter("g");
    assert.equal(refused("h"), "too many logins at once");
    state.random = 0.99;
    enter("h");
    assert.equal(refused("i"), "too many logins at once");
  });

  test("counts logged-in connections apart from logins", () => {
    const { enter, refused } = admission({ connections: 2, connectionsPerAddress: 1 });
    const [first, second] = [enter("a"), enter("a")];
    assert.equal(first.authenticated(), undefined);
    assert.equal(first.authenticated(), undefined);
    assert.equal(second.authenticated(), "too many connections from this address");
    assert.equal(enter("b").authenticated(), undefined);
    assert.equal(enter("c").authenticated(), "too many connections");
    enter("a");
    assert.equal(refused("a"), "too many logins at once from this address");
  });

  test("gives the place of the oldest login to a newer one from the same address after a while", () => {
    const { state, evicted, enter, refused } = admission();
    const oldest = enter("a");
    state.now = 1_000;
    enter("a");
    assert.equal(typeof refused("a"), "string");
    state.now = 3_000;
    enter("a");
    assert.deepEqual(evicted, ["a: too many logins at once from this address"]);
    assert.equal(oldest.authenticated(), "too many logins at once from this address");
    assert.equal(typeof refused("a"), "string");
  });

  test("evicts nobody for a newcomer that is turned away, and drops none that takes a place", () => {
    const { state, evicted, enter, refused } = admission();
    for (const address of ["a", "a", "b", "c", "d", "e", "f", "g"]) enter(address);
    state.now = 3_000;
    state.random = 0;
    assert.equal(refused("h"), "too many logins at once");
    assert.deepEqual(evicted, []);
    enter("a");
    assert.equal(evicted.length, 1);
    assert.equal(refused("h"), "too many logins at once");
  });

  test("forgets who has left", () => {
    const { enter } = admission({
      connections: 1,
      logins: { ...logins, perAddress: 1, perNetwork: 1, dropFrom: 1, most: 1 },
    });
    for (let round = 0; round < 5; round++) {
      const place = enter("a");
      if (round % 2 === 0) assert.equal(place.authenticated(), undefined);
      place.leave();
      place.leave();
    }
  });

  test("scales with the number of connections, and one network stays below where drops begin", () => {
    for (const connections of [1, 20, 100, 5_000]) {
      const derived = connectionLimits(connections);
      assert.ok(derived.logins.perAddress <= derived.logins.perNetwork);
      assert.ok(derived.logins.perNetwork <= derived.logins.dropFrom);
      assert.ok(derived.logins.dropFrom <= derived.logins.most);
      assert.ok(derived.connectionsPerAddress <= connections);
    }
  });

  test("logs refusals once a second at most, and how many more there were", () => {
    const lines: object[] = [];
    let now = 0;
    const log = new RefusalLog({ warn: (fields: object) => lines.push(fields) } as unknown as Logger, () => now);
    for (const at of [0, 10, 20, 1_000]) {
      now = at;
      log.add("a", "because");
    }
    assert.deepEqual(lines, [
      { address: "a", reason: "because", more: 0 },
      { address: "a", reason: "because", more: 2 },
    ]);
  });
});

describe("packets", () => {
  const key = Buffer.alloc(16, 1);
  const vector = Buffer.alloc(12, 2);

  function sealed(payload: string): Buffer {
    const padding = 16 - ((1 + payload.length) % 16);
    const body = Buffer.concat([Buffer.from([padding]), Buffer.from(payload), Buffer.alloc(padding)]);
    const header = Buffer.alloc(4);
    header.writeUInt32BE(body.length);
    const cipher = createCipheriv("aes-128-gcm", key, vector).setAAD(header);
    return Buffer.concat([header, cipher.update(body), cipher.final(), cipher.getAuthTag()]);
  }

  function reader() {
    const payloads: string[] = [];
    const onPayload = (payload: Buffer) => void payloads.push(payload.toString());
    const decipherInfo = { sslName: "aes-128-gcm", blockLen: 16 };
    const made = createPacketReader({
      inbound: { seqno: 0, onPayload, decipherInfo, decipherKey: key, decipherIV: vector },
    });
    assert.ok(made !== undefined);
    return { payloads, read: (data: Buffer) => made.decrypt(data, 0, data.length) };
  }

  test("reads a packet that comes by the byte, and keeps none of the buffers that it came in", () => {
    const { payloads, read } = reader();
    const piece = Buffer.alloc(1);
    for (const byte of sealed("hello")) {
      piece[0] = byte;
      read(piece);
    }
    assert.deepEqual(payloads, ["hello"]);
  });

  test("hands out nothing of a packet that was tampered with", () => {
    const good = sealed("hello");
    for (const at of [4, 10, good.length - 1]) {
      const { payloads, read } = reader();
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      assert.throws(() => read(bad));
      assert.throws(() => read(good), "what follows is not read either");
      assert.deepEqual(payloads, []);
    }
  });

  test("takes no memory for a packet that is too long before the login", () => {
    const { read } = reader();
    const header = Buffer.alloc(4);
    header.writeUInt32BE(35_008);
    assert.throws(() => read(header), PacketTooLong);
  });
});

describe("the line discipline", () => {
  function terminal(isRaw = () => false) {
    let [echoed, interrupts] = ["", 0];
    const discipline = new LineDiscipline({
      isRaw,
      echo: (text) => {
        echoed += text;
      },
      onInterrupt: () => {
        interrupts += 1;
      },
    });
    const read: Buffer[] = [];
    discipline.on("data", (chunk: Buffer) => read.push(chunk));
    return {
      discipline,
      read: () => Buffer.concat(read).toString(),
      echoed: () => echoed,
      interrupts: () => interrupts,
    };
  }

  test("echoes, edits, and hands over whole lines", () => {
    const { discipline, read, echoed } = terminal();
    discipline.write("helo\x7flo\r");
    assert.equal(read(), "hello\n");
    assert.equal(echoed(), "helo\b \blo\n");
    discipline.write("wrong\x15right");
    assert.equal(read(), "hello\n");
    discipline.write("\n");
    assert.equal(read(), "hello\nright\n");
  });

  test("erases characters, not bytes", () => {
    const { discipline, read, echoed } = terminal();
    discipline.write("aü日😀");
    assert.equal(echoed(), "aü日😀");
    discipline.write("\x7f\x7f\r");
    assert.equal(read(), "aü\n");
    discipline.write("\x7f\x7f\r");
    assert.equal(read(), "aü\n\n");
  });

  test("Ctrl-C interrupts and drops the line", () => {
    const { discipline, read, interrupts } = terminal();
    discipline.write("half\x03\r");
    assert.equal(interrupts(), 1);
    assert.equal(read(), "\n");
  });

  test("Ctrl-D hands over a begun line, and ends the input on an empty one", async () => {
    const { discipline, read } = terminal();
    discipline.write("begun\x04");
    assert.equal(read(), "begun");
    const ended = once(discipline, "end");
    discipline.write("\x04more\r\x04");
    await ended;
    assert.equal(read(), "begun");
    discipline.end();
  });

  test("a line without end is bounded", () => {
    const { discipline, read } = terminal();
    discipline.write("x".repeat(100_000));
    discipline.write("\r");
    assert.ok(read().length <= 4097);
  });

  test("raw bytes go through as they are", () => {
    let raw = false;
    const { discipline, read, echoed, interrupts } = terminal(() => raw);
    discipline.write("ab");
    raw = true;
    discipline.write("\x03\x04\r\x7f");
    assert.equal(read(), "ab\x03\x04\r\x7f");
    assert.equal(echoed(), "ab");
    assert.equal(interrupts(), 0);
  });
});

test("a terminal has a sane size and name, and tells of later sizes", () => {
  const terminal = new ClientTerminal("../../etc", 0, 4_000_000_000);
  assert.deepEqual([terminal.name, terminal.size], ["xterm", { columns: 80, rows: 4096 }]);
  const sizes: unknown[] = [];
  const stop = terminal.onResize((size) => sizes.push(size));
  assert.equal(terminal.raw, true);
  terminal.resize(100, 30);
  stop();
  terminal.resize(1, 1);
  assert.deepEqual(sizes, [{ columns: 100, rows: 30 }]);
  assert.equal(terminal.raw, false);
});

describe("signatures of security tokens", () => {
  const signed = Buffer.from("the session and the request");
  const application = "ssh:";
  const hash = (data: string | Buffer) => createHash("sha256").update(data).digest();
  const trailer = (flags: number) => Buffer.from([flags, 0, 0, 0, 7]);
  const message = (flags: number) => Buffer.concat([hash(application), trailer(flags), hash(signed)]);
  const field = (value: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(value.length);
    return Buffer.concat([length, value]);
  };
  const verify = (
    type: "sk-ssh-ed25519@openssh.com" | "sk-ecdsa-sha2-nistp256@openssh.com",
    key: KeyObject,
    signature: Buffer,
    data = signed,
  ) => verifySignature({ type, key, application }, { signature, signed: data, hash: undefined });

  test("with Ed25519", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const type = "sk-ssh-ed25519@openssh.com";
    const signature = (flags: number) => Buffer.concat([sign(null, message(flags), privateKey), trailer(flags)]);
    assert.equal(verify(type, publicKey, signature(1)), true);
    assert.equal(verify(type, publicKey, signature(5)), true);
    assert.equal(verify(type, publicKey, signature(0)), false, "nobody touched it");
    assert.equal(verify(type, publicKey, signature(1), Buffer.from("another")), false);
    assert.equal(verify(type, publicKey, Buffer.concat([signature(0).subarray(0, 64), trailer(1)])), false);
    assert.equal(verify(type, publicKey, signature(1).subarray(0, 60)), false);
  });

  test("with ECDSA", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const type = "sk-ecdsa-sha2-nistp256@openssh.com";
    const shortest = (number: Buffer) => {
      const digits = number.subarray(
        Math.max(
          0,
          number.findIndex((byte) => byte !== 0),
        ),
      );
      return (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
    };
    const signature = (flags: number) => {
      const raw = sign("sha256", message(flags), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return Buffer.concat([field(shortest(raw.subarray(0, 32))), field(shortest(raw.subarray(32))), trailer(flags)]);
    };
    for (let round = 0; round < 50; round++) assert.equal(verify(type, publicKey, signature(1)), true);
    assert.equal(verify(type, publicKey, signature(0)), false);
    assert.equal(verify(type, publicKey, signature(1), Buffer.from("another")), false);
    for (let length = 0; length < 60; length++)
      assert.equal(verify(type, publicKey, signature(1).subarray(0, length)), false);
    assert.equal(verify(type, publicKey, Buffer.alloc(80, 0xff)), false);
  });
});

test("an RSA signature without its leading zeros holds, one over SHA-1 does not", () => {
  const { publicKey: key, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  let shortened = false;
  for (let round = 0; round < 3000 && !shortened; round++) {
    const signed = Buffer.from(`message ${round}`);
    const signature = sign("sha256", signed, privateKey);
    if (signature[0] !== 0) continue;
    shortened = true;
    const offered = { signature: signature.subarray(1), signed, hash: "sha256" };
    assert.equal(verifySignature({ type: "ssh-rsa", key, application: undefined }, offered), true);
  }
  assert.ok(shortened);
  const signed = Buffer.from("x");
  const old = { signature: sign("sha1", signed, privateKey), signed, hash: undefined };
  assert.equal(verifySignature({ type: "ssh-rsa", key, application: undefined }, old), false);
});
