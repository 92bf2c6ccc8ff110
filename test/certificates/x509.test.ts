import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { createSelfSignedIssuer } from "../../src/certificates/self-signed/create-issuer.ts";
import { runOk } from "../helpers/berth.ts";

const longName = `${"a".repeat(60)}.example.com`;

suite("certificates that Berth signs itself", () => {
  for (const names of [["app.test"], ["*.app.test", "app.test"], [longName]]) {
    test(`satisfies strict clients for ${names[0]}`, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), "berth-x509-"));
      t.after(() => rm(folder, { recursive: true }));
      const { chain } = await createSelfSignedIssuer(Date.now).issue({ names }, new AbortController().signal);
      const file = join(folder, "own.pem");
      await writeFile(file, chain);
      await runOk("openssl", ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", file, file]);
      const text = await runOk("openssl", ["x509", "-in", file, "-noout", "-text"]);
      const identifier = (what: string) =>
        new RegExp(`X509v3 ${what} Key Identifier: \\n\\s+(?:keyid:)?([0-9A-F:]{59})\\n`).exec(text)?.[1];
      assert.ok(identifier("Subject"));
      assert.equal(identifier("Authority"), identifier("Subject"));
      const { subject, issuer, subjectAltName } = new X509Certificate(chain);
      assert.ok(subject);
      assert.equal(issuer, subject);
      assert.equal(subjectAltName, names.map((name) => `DNS:${name}`).join(", "));
    });
  }

  test("has the identifiers that openssl would give it", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "berth-x509-"));
    t.after(() => rm(folder, { recursive: true }));
    const { key, chain } = await createSelfSignedIssuer(Date.now).issue(
      { names: ["app.test"] },
      new AbortController().signal,
    );
    const keyFile = join(folder, "key.pem");
    await writeFile(keyFile, key);
    const other = await runOk("openssl", ["req", "-x509", "-key", keyFile, "-subj", "/CN=app.test", "-days", "1"]);
    const file = async (name: string, content: string) => {
      await writeFile(join(folder, name), content);
      return runOk("openssl", ["x509", "-in", join(folder, name), "-noout", "-ext", "subjectKeyIdentifier"]);
    };
    assert.equal(await file("own.pem", chain), await file("other.pem", other));
  });
});
