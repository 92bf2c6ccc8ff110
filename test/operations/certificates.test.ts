import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { createSelfSignedIssuer } from "../../src/certificates/self-signed/create-issuer.ts";
import { makeTar } from "../../src/lib/tar.ts";
import { readTar } from "../../src/lib/untar.ts";
import { commandLine } from "../commands/harness.ts";
import { Authority } from "../helpers/openssl.ts";
import { createWorld } from "../helpers/world.ts";

interface Pair {
  readonly chain: string;
  readonly key: string;
}

const issue = (...names: string[]) => createSelfSignedIssuer(Date.now).issue({ names }, new AbortController().signal);
const file = (name: string, content: string) => ({ name, content, mode: 0o600, uid: 0, gid: 0 });

test("certs:add takes an archive, the router gets the certificate before the routes that name it, and urls say https", async (t) => {
  const { operations, publisher } = await createWorld(t, { httpsPort: 8443 });
  await operations.createApp({ name: "shop" });
  const { chain, key } = await issue("shop.berth.test");
  const run = commandLine(operations);
  const archive = makeTar([file("a/._server.crt", "x"), file("a/server.crt", chain), file("a/server.key", key)]);
  const added = await run(["certs:add", "shop"], { input: archive });
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
  assert.match((await run(["certs:update", "shop"], { input: archive })).stderr, /has no certificate/);
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

// As macOS writes it beside each file: an AppleDouble header, and bytes that are no UTF-8.
const appleDouble = Buffer.from("00051607000200004d6163204f532058ff80fe00", "hex");
const latin1 = (text: string) => Buffer.from(`Schl\xfcssel f\xfcr M\xfcnchen\n${text}`, "latin1");

describe("an archive with a certificate", () => {
  const archives: [what: string, options: string[], files: (pair: Pair) => Record<string, string | Buffer>][] = [
    [
      "from macOS",
      ["--format=pax"],
      (pair) => ({
        "._server.crt": appleDouble,
        "server.crt": pair.chain,
        "__MACOSX/._server.key": appleDouble,
        "._server.key": appleDouble,
        "server.key": pair.key,
      }),
    ],
    ["with comments in Latin-1", [], (pair) => ({ "s.crt": latin1(pair.chain), "s.key": latin1(pair.key) })],
    ["with fullchain.pem and privkey.pem", [], (pair) => ({ ...certbot(pair), README: "read me" })],
    ["of certbot's numbered files", [], (pair) => ({ "fullchain3.pem": pair.chain, "privkey3.pem": pair.key })],
    ["with what a program made of unknown headers", [], (pair) => ({ ...certbot(pair), "PaxHeader/s.crt": "30 x=y" })],
    ["packed with gzip", ["-z"], certbot],
    ["in the oldest format", ["--format=v7"], certbot],
    ["with long names of POSIX", ["--format=pax"], inDeepFolder],
    ["with long names of ustar", ["--format=ustar"], inDeepFolder],
    ["with long names of GNU", ["--format=gnu"], inDeepFolder],
    ["with a name that is no UTF-8", [], (pair) => ({ ...certbot(pair), "not\xe4.txt": "x" })],
  ];
  for (const [what, options, files] of archives) {
    test(`is taken ${what}`, async (t) => {
      const { operations } = await createWorld(t);
      await operations.createApp({ name: "shop" });
      const pair = await issue("shop.berth.test");
      const run = commandLine(operations);
      const added = await run(["certs:add", "shop"], { input: await tarOf(t, files(pair), options) });
      assert.equal(added.code, 0, added.both);
      assert.equal((await run(["certs:show", "shop", "crt"])).stdout.trim(), pair.chain.trim());
    });
  }

  test("is taken with cert.pem, chain.pem and privkey.pem, and has the whole chain", async (t) => {
    const { operations } = await createWorld(t);
    await operations.createApp({ name: "shop" });
    const folder = await mkdtemp(join(tmpdir(), "berth-chain-"));
    t.after(() => rm(folder, { recursive: true }));
    const authority = new Authority(folder);
    const root = await authority.issue("root");
    const { crt, key } = await authority.issue("shop", ["shop.berth.test"], root);
    const input = await tarOf(t, { "cert.pem": crt, "chain.pem": root.crt, "privkey.pem": key }, []);
    const run = commandLine(operations);
    const added = await run(["certs:add", "shop"], { input });
    assert.equal(added.code, 0, added.both);
    const shown = (await run(["certs:show", "shop", "crt"])).stdout;
    assert.deepEqual(shown.match(/BEGIN CERTIFICATE/g)?.length, 2);
  });

  test("is refused when what it has are links, with the option that follows them", async (t) => {
    const { operations } = await createWorld(t);
    await operations.createApp({ name: "shop" });
    const folder = await mkdtemp(join(tmpdir(), "berth-links-"));
    t.after(() => rm(folder, { recursive: true }));
    for (const name of ["fullchain.pem", "privkey.pem"]) await symlink(`../../archive/${name}`, join(folder, name));
    const input = execFileSync("tar", ["cf", "-", "-C", folder, "."]);
    const { code, stderr } = await commandLine(operations)(["certs:add", "shop"], { input });
    assert.equal(code, 1);
    assert.match(stderr, /fullchain\.pem in the archive is a link\n !.* tar chf/);
  });
});

function certbot({ chain, key }: Pair): Record<string, string> {
  return { "fullchain.pem": chain, "privkey.pem": key };
}

function inDeepFolder(pair: Pair): Record<string, string> {
  const folder = `${"f".repeat(90)}/${"g".repeat(60)}`;
  return { [`${folder}/server.crt`]: pair.chain, [`${folder}/server.key`]: pair.key };
}

/** What tar(1) makes of the files. Characters of their names stand for bytes. */
async function tarOf(t: TestContext, files: Record<string, string | Buffer>, options: string[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "berth-tar-"));
  t.after(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, "latin1")]);
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(path, content);
  }
  return execFileSync("tar", ["-c", ...options, "-f", "-", "-C", folder, "."]);
}

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
