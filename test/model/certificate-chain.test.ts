import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { covers } from "../../src/model/certificate.ts";
import { checkChain } from "../../src/model/certificate-chain.ts";
import { UserError } from "../../src/model/errors.ts";
import { Authority, type Pair } from "../helpers/openssl.ts";

const day = 24 * 3_600_000;

suite("a certificate with its key", () => {
  let folder = "";
  let authority: Authority;
  let root: Pair;
  let middle: Pair;
  let leaf: Pair;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-chain-"));
    authority = new Authority(folder);
    root = await authority.issue("Root");
    middle = await authority.issue("Middle", [], root);
    leaf = await authority.issue("app.example.com", ["app.example.com", "*.Example.org"], middle);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const refused = (certificate: string, key: string, code: string, message: RegExp, now = Date.now()) =>
    assert.throws(
      () => checkChain(certificate, key, now),
      (error) => error instanceof UserError && error.code === code && message.test(error.message),
    );

  test("is taken with its chain, and read", () => {
    const checked = checkChain(`text before\r\n${leaf.crt}${middle.crt}${leaf.crt}`, leaf.key, Date.now());
    assert.equal(checked.chain.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.deepEqual(checked.names, ["app.example.com", "*.example.org"]);
    assert.ok(checked.notAfter > Date.now() + 29 * day);
    assert.deepEqual(checked.warnings, []);
  });

  test("is taken without its chain, or signed by itself, with a warning", async () => {
    assert.match(
      checkChain(leaf.crt, leaf.key, Date.now()).warnings.join(),
      /CN=Middle, which signed it, is not in it/,
    );
    const own = await authority.issue("own", ["own.test"]);
    assert.match(checkChain(own.crt, own.key, Date.now()).warnings.join(), /signed by itself/);
  });

  test("is refused with what is wrong with it", async () => {
    const other = await authority.issue("other", ["other.test"]);
    refused(leaf.crt, other.key, "key-mismatch", /does not belong to the certificate of CN=app.example.com/);
    refused(middle.crt + leaf.crt, leaf.key, "chain-order", /CN=app.example.com, is number 2/);
    refused(leaf.crt + root.crt + middle.crt, leaf.key, "chain-order", /signed by CN=Middle, which does not follow it/);
    refused(leaf.crt + root.crt, leaf.key, "chain-broken", /did not sign it: that was CN=Middle/);
    refused(leaf.crt, await authority.encrypt(leaf), "key-encrypted", /encrypted/);
    refused(leaf.crt, leaf.key, "certificate-expired", /expired on/, Date.now() + 31 * day);
    refused(leaf.crt, leaf.key, "certificate-not-yet-valid", /not valid before/, Date.now() - day);
    refused("", leaf.key, "certificate-invalid", /no certificate/);
    refused(leaf.crt, leaf.crt, "key-invalid", /cannot be read/);
    refused(
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      leaf.key,
      "certificate-invalid",
      /1 cannot/,
    );
  });

  test("is refused where no handshake could come of its key", async () => {
    const short = await authority.issue("short", ["short.test"], undefined, ["rsa:1024"]);
    refused(short.crt, short.key, "key-unusable", /RSA key of 1024 bits/);
    const odd = await authority.issue("odd", ["odd.test"], undefined, [
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:secp256k1",
    ]);
    refused(odd.crt, odd.key, "key-unusable", /secp256k1/);
    const rsa = await authority.issue("rsa", ["rsa.test"], undefined, ["rsa:2048"]);
    assert.deepEqual(checkChain(rsa.crt, rsa.key, Date.now()).names, ["rsa.test"]);
  });
});

test("a wildcard stands for one label", () => {
  assert.ok(covers(["*.example.com"], "a.example.com"));
  assert.ok(covers(["a.test", "b.test"], "b.test"));
  assert.ok(!covers(["*.example.com"], "example.com"));
  assert.ok(!covers(["*.example.com"], "a.b.example.com"));
  assert.ok(!covers(["*"], "localhost"));
});
