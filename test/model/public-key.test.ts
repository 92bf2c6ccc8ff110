import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createECDH, generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { parsePublicKey } from "../../src/model/public-key.ts";

const run = promisify(execFile);

function field(value: string | Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
}
const line = (type: string, ...fields: (string | Buffer)[]): string =>
  `${type} ${Buffer.concat([field(type), ...fields.map(field)]).toString("base64")}`;

const ed25519 = Buffer.from(generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x ?? "", "base64url");
const point = createECDH("prime256v1").generateKeys();
const good = line("ssh-ed25519", ed25519);
const rsa = (bits: number): string => {
  const { e = "", n = "" } = generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({ format: "jwk" });
  const positive = (number: string) => Buffer.concat([Buffer.alloc(1), Buffer.from(number, "base64url")]);
  return line("ssh-rsa", Buffer.from(e, "base64url"), positive(n));
};

describe("a public key", () => {
  test("of every type that ssh-keygen makes is read, with the same fingerprint", async () => {
    const folder = await mkdtemp(join(tmpdir(), "berth-key-"));
    for (const [type, bits] of [
      ["ed25519", 256],
      ["ecdsa", 256],
      ["ecdsa", 384],
      ["ecdsa", 521],
      ["rsa", 2048],
      ["rsa", 3072],
    ]) {
      const file = join(folder, `${type}-${bits}`);
      await run("ssh-keygen", ["-q", "-t", `${type}`, "-b", `${bits}`, "-N", "", "-C", "me at home", "-f", file]);
      const text = await readFile(`${file}.pub`, "utf8");
      const key = parsePublicKey(text);
      const { stdout } = await run("ssh-keygen", ["-lf", `${file}.pub`]);
      assert.equal(key.fingerprint, stdout.split(" ")[1]);
      assert.equal(key.comment, "me at home");
      assert.equal(`${key.publicKey} me at home\n`, text);
      assert.equal(key.type, text.split(" ")[0]);
    }
    await rm(folder, { recursive: true });
  });

  test("of a security token is read", () => {
    const token = parsePublicKey(`${line("sk-ssh-ed25519@openssh.com", ed25519, "ssh:")} yubi`);
    assert.equal(token.type, "sk-ssh-ed25519@openssh.com");
    const ecdsa = line("sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", point, "ssh:");
    assert.equal(parsePublicKey(ecdsa).type, "sk-ecdsa-sha2-nistp256@openssh.com");
  });

  test("may have blanks, empty lines and comments around it", () => {
    const key = parsePublicKey(`\r\n# my key\n\n  ${good.replace(" ", "\t ")}   a  b \r\n`);
    assert.equal(key.publicKey, good);
    assert.equal(key.comment, "a b");
  });

  const cases: [string, string, RegExp, RegExp?][] = [
    ["nothing", " \n", /There is no public key/],
    [
      "a private key",
      "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----",
      /This is a private key/,
      /\.pub/,
    ],
    ["an RSA private key", "-----BEGIN RSA PRIVATE KEY-----\nabc", /This is a private key/],
    ["the SSH2 format", "---- BEGIN SSH2 PUBLIC KEY ----\nabc\n", /SSH2 format/, /ssh-keygen -i/],
    ["several keys", `${good}\n${good}\n`, /has 2 lines/, /one key at a time/],
    ["options", `no-pty,command="x y" ${good}`, /options before the key/, /Leave out/],
    ["a certificate", "ssh-ed25519-cert-v01@openssh.com AAAA", /certificate/],
    ["DSA", "ssh-dss AAAAB3NzaC1kc3M=", /DSA keys are too weak/],
    ["a short RSA key", rsa(1024), /RSA key has 1024 bits, at least 2048/],
    ["words", "hello there", /not a public ssh key/],
    ["a name without a key", "ssh-ed25519", /not base64/],
    ["something else than base64", "ssh-ed25519 AAAA*$%", /not base64/],
    ["a key that is cut off", good.slice(0, -8), /ends too early/],
    ["a key with more behind it", line("ssh-ed25519", ed25519, "x"), /more data/],
    [
      "a key of another type than it says",
      good.replace("ssh-ed25519", "ssh-rsa"),
      /says it is ssh-rsa, but its data is of ssh-ed25519/,
    ],
    ["a key of the wrong length", line("ssh-ed25519", ed25519.subarray(1)), /32 bytes/],
    ["a point on another curve", line("ecdsa-sha2-nistp256", "nistp384", point), /curve/],
    ["a point on no curve", line("ecdsa-sha2-nistp256", "nistp256", Buffer.alloc(65, 4)), /damaged/],
    ["a giant length", `ssh-ed25519 ${Buffer.from([255, 255, 255, 255, 1]).toString("base64")}`, /ends too early/],
    ["an unknown type inside", `ssh-ed25519 ${field("ssh-foo").toString("base64")}`, /type that is not accepted/],
    ["control characters", `${good} a\u0007b`, /control characters/],
  ];
  for (const [name, text, message, hint] of cases) {
    test(`is refused where it is ${name}`, () => {
      assert.throws(
        () => parsePublicKey(text),
        (error: Error & { code?: string; hint?: string }) => {
          assert.equal(error.code, "invalid-key");
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /\n/);
          assert.match(error.hint ?? "", hint ?? /./);
          return true;
        },
      );
    });
  }
});
