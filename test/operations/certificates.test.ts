import assert from "node:assert/strict";
import { test } from "node:test";
import { createSelfSignedIssuer } from "../../src/certificates/self-signed/create-issuer.ts";
import { makeTar } from "../../src/lib/tar.ts";
import { readTar } from "../../src/lib/untar.ts";
import { commandLine } from "../commands/harness.ts";
import { createWorld } from "../helpers/world.ts";

const issue = (...names: string[]) => createSelfSignedIssuer(Date.now).issue({ names }, new AbortController().signal);
const file = (name: string, content: string) => ({ name, content, mode: 0o600, uid: 0, gid: 0 });

test("certs:add takes an archive, the router gets the certificate before the routes that name it, and urls say https", async (t) => {
  const { operations, publisher } = await createWorld(t, { httpsPort: 8443 });
  await operations.createApp({ name: "shop" });
  const { chain, key } = await issue("shop.berth.test");
  const run = commandLine(operations);
  const archive = makeTar([file("a/._server.crt", "x"), file("a/server.crt", chain), file("a/server.key", key)]);
  const added = await run(["certs:add", "shop"], { input: archive.toString("utf8") });
  assert.equal(added.code, 0, added.both);
  assert.match(added.stderr, /signed by itself/);
  const [id = ""] = publisher.table.get("shop")?.tls?.certificates ?? [];
  assert.equal(publisher.entries.get(id)?.kind, "certificate");
  assert.equal(publisher.table.get("shop")?.tls?.hsts, "max-age=15724800; includeSubDomains");
  assert.equal((await run(["url", "shop"])).stdout, "https://shop.berth.test:8443\n");
  assert.equal((await run(["certs:show", "shop", "crt"])).stdout.trim(), chain.trim());
  assert.equal((await run(["certs:report", "shop", "--ssl-verified"])).stdout, "self signed\n");

  await run(["nginx:set", "shop", "hsts", "false"]);
  await run(["proxy:set", "--global", "https-redirect", "false"]);
  assert.deepEqual(publisher.table.get("shop")?.tls, { certificates: [id], redirect: false, hsts: undefined });

  await run(["certs:generate", "shop", "other.test"]);
  assert.equal(publisher.entries.has(id), false);
  assert.equal((await run(["certs:report", "shop", "--ssl-hostnames"])).stdout, "other.test\n");
  assert.equal((await run(["certs:remove", "shop"])).code, 0);
  assert.equal(publisher.entries.size, 0);
  assert.equal(publisher.table.get("shop")?.tls, undefined);
  assert.match((await run(["certs:remove", "shop"])).stderr, /has no certificate/);
  assert.match((await run(["certs:update", "shop"], { input: archive.toString("utf8") })).stderr, /has no certificate/);
});

test("certs:add warns of domains that the certificate is not for, and refuses what is no pair", async (t) => {
  const { operations } = await createWorld(t);
  await operations.createApp({ name: "shop" });
  const one = await issue("else.test");
  const other = await issue("else.test");
  const run = commandLine(operations);
  const files: Record<string, string> = { "s.crt": one.chain, "s.key": one.key, "o.key": other.key };
  const session = { local: true, readFile: async (path: string) => Buffer.from(files[path] ?? "") };
  assert.match((await run(["certs:add", "shop", "s.crt", "s.key"], session)).stderr, /not for shop.berth.test/);
  assert.match((await run(["certs:add", "shop", "s.crt", "o.key"], session)).stderr, /key does not belong/);
  assert.match((await run(["certs:add", "shop", "s.crt", "s.key"])).stderr, /only be read by the local/);
  assert.match((await run(["certs:add", "shop"], { input: "no archive" })).stderr, /no tar archive/);
});

test("an archive that is cut short, or none, is not read", () => {
  const archive = makeTar([file("one.crt", "1"), file("folder/", ""), file("two.key", "2".repeat(700))]);
  assert.deepEqual(
    readTar(archive)?.map(({ name, content }) => [name, content.length]),
    [
      ["one.crt", 1],
      ["two.key", 700],
    ],
  );
  assert.equal(readTar(archive.subarray(0, 2000)), undefined);
  assert.equal(readTar(Buffer.from("x".repeat(2000))), undefined);
  assert.equal(readTar(Buffer.alloc(0)), undefined);
});
