import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type IssueRequest, type Issuer, RetryLater } from "../../src/certificates/issuer.ts";
import { createSelfSignedIssuer } from "../../src/certificates/self-signed/create-issuer.ts";
import { UserError } from "../../src/model/errors.ts";
import { CertificateRenewals } from "../../src/reconciler/certificate-renewals.ts";
import { commandLine } from "../commands/harness.ts";
import { createWorld } from "../helpers/world.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

/** A host whose authority fails as the test says, and whose clock goes as the test wants. */
async function start(t: TestContext, settings = {}) {
  const clock = { now: Date.now() };
  const asked: IssueRequest[] = [];
  const state: { failure?: Error; names?: string[]; meanwhile?: () => Promise<unknown> } = {};
  const now = () => clock.now;
  const acme: Issuer = {
    issue: async (request, signal) => {
      asked.push(request);
      await state.meanwhile?.();
      if (state.failure !== undefined) throw state.failure;
      return createSelfSignedIssuer(now).issue({ ...request, names: state.names ?? request.names }, signal);
    },
  };
  const world = await createWorld(t, settings, { acme, now });
  await world.operations.createApp({ name: "shop" });
  const renewals = new CertificateRenewals(world.context);
  const run = commandLine(world.operations);
  return { ...world, clock, asked, state, renewals, run };
}

test("letsencrypt:enable asks for all domains, and again at two thirds of the life", async (t) => {
  const { run, asked, clock, renewals, publisher, operations } = await start(t);
  await operations.addDomains({
    app: "shop",
    domains: ["shop.example.com", "*.example.org", "example.net/api", "192.0.2.7"],
  });
  await run(["letsencrypt:set", "--global", "email", "ann@example.com"]);
  await run(["letsencrypt:set", "--global", "server", "staging"]);
  const enabled = await run(["letsencrypt:enable", "shop"]);
  assert.equal(enabled.code, 0, enabled.both);
  // No wildcard, as nothing could set its DNS record, and no address.
  assert.deepEqual(asked[0]?.names, ["shop.example.com", "example.net", "shop.berth.test"]);
  assert.equal(asked[0]?.authority?.email, "ann@example.com");
  assert.match(asked[0]?.authority?.directory ?? "", /staging/);
  const [first] = publisher.table.get("shop")?.tls?.certificates ?? [];
  assert.equal(publisher.table.get("shop")?.tls?.redirect, true);
  assert.match((await run(["letsencrypt:list"])).stdout, /^-----> .*\nshop +\d{4}-.*in use\n$/);

  clock.now += 365 * 0.6 * day;
  await renewals.round();
  assert.equal(asked.length, 1);
  clock.now += 365 * 0.13 * day;
  await renewals.round();
  await renewals.round();
  assert.equal(asked.length, 2);
  assert.notEqual(publisher.table.get("shop")?.tls?.certificates[0], first);
  assert.equal(publisher.entries.size, 1);

  await operations.addDomains({ app: "shop", domains: ["new.example.com"] });
  await renewals.round();
  assert.equal(asked.length, 3);
  await run(["letsencrypt:disable", "shop"]);
  await renewals.round();
  assert.equal(asked.length, 3);
  assert.equal(publisher.table.get("shop")?.tls, undefined);
});

test("names that only lead to another are asked for too, those that a wildcard stands for are not", async (t) => {
  const { run, asked, operations } = await start(t, { hasDnsHook: true });
  await operations.setDomains({
    app: "shop",
    domains: ["example.com", "*.example.net", "a.example.net", "example.net"],
  });
  await run(["routes:set", "shop", "redirect", "www"]);
  await run(["letsencrypt:enable", "shop"]);
  const names = asked[0]?.names.join(" ");
  assert.equal(names, "example.com *.example.net example.net www.example.com www.a.example.net");
});

test("a ca-file that is no file with certificates is refused, and not read without end", async (t) => {
  const { run } = await start(t);
  await run(["letsencrypt:set", "shop", "ca-file", "/dev/zero"]);
  assert.match((await run(["letsencrypt:enable", "shop"])).stderr, /\/dev\/zero cannot be read: it is no file/);
  await run(["letsencrypt:set", "shop", "ca-file", import.meta.filename]);
  assert.match((await run(["letsencrypt:enable", "shop"])).stderr, /letsencrypt\.test\.ts cannot be read: .*PEM/);
});

test("a certificate that comes when it is not wanted any more is in nobody's way", async (t) => {
  const { run, operations, publisher, state } = await start(t);
  state.meanwhile = () => run(["letsencrypt:disable", "shop"]);
  assert.match((await run(["letsencrypt:enable", "shop"])).both, /not wanted any more/);
  assert.equal(publisher.table.get("shop")?.tls, undefined);
  state.meanwhile = () => operations.destroyApp({ app: "shop" });
  assert.equal((await run(["letsencrypt:enable", "shop"])).code, 0);
});

test("certs:remove says where a new certificate is going to be asked for", async (t) => {
  const { run } = await start(t);
  await run(["certs:generate", "shop", "*.Berth.test"]);
  assert.equal((await run(["certs:report", "shop", "--ssl-hostnames"])).stdout, "*.berth.test\n");
  assert.equal((await run(["certs:remove", "shop"])).stderr, "");
  await run(["letsencrypt:enable", "shop"]);
  assert.match((await run(["certs:remove", "shop"])).stderr, /letsencrypt:disable shop/);
});

test("what failed is told, and tried again after a while that grows, or when the authority says", async (t) => {
  const { run, asked, clock, renewals, state } = await start(t);
  state.failure = new UserError(
    "acme-unproven",
    "shop.berth.test could not be verified; the authority says: no such name",
  );
  const failed = await run(["letsencrypt:enable", "shop"]);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /no such name/);
  assert.match((await run(["letsencrypt:report", "shop", "--letsencrypt-error"])).stdout, /no such name/);
  await renewals.round();
  assert.equal(asked.length, 1);
  clock.now += 6 * minute;
  await renewals.round();
  assert.equal(asked.length, 2);
  clock.now += 18 * minute;
  await renewals.round();
  assert.equal(asked.length, 2);
  state.failure = new RetryLater("too many certificates", clock.now + 30 * day);
  clock.now += 5 * minute;
  await renewals.round();
  assert.equal(asked.length, 3);
  clock.now += 29 * day;
  await renewals.round();
  assert.equal(asked.length, 3);
  delete state.failure;
  clock.now += 2 * day;
  await renewals.round();
  assert.equal(asked.length, 4);
  assert.equal((await run(["letsencrypt:report", "shop", "--letsencrypt-failures"])).stdout, "0\n");
});

test("a certificate that is not for all names takes nobody's place, and is not asked for without end", async (t) => {
  const { run, asked, renewals, state, operations, publisher } = await start(t);
  await run(["letsencrypt:enable", "shop"]);
  const [good] = publisher.table.get("shop")?.tls?.certificates ?? [];
  await operations.addDomains({ app: "shop", domains: ["shop.example.com"] });
  state.names = ["shop.berth.test"];
  await renewals.round();
  await renewals.round();
  assert.equal(asked.length, 2);
  assert.deepEqual(publisher.table.get("shop")?.tls?.certificates, [good]);
  const report = await run(["letsencrypt:report", "shop", "--letsencrypt-error"]);
  assert.match(report.stdout, /left out shop\.example\.com/);
});

test("one setting is for all apps; an app that was given a certificate, or was disabled, is left alone", async (t) => {
  const { run, asked, renewals, operations, clock } = await start(t, { hasDnsHook: true });
  for (const name of ["own", "off", "wild"]) await operations.createApp({ name });
  await operations.addDomains({ app: "wild", domains: ["*.example.com"] });
  const { chain, key } = await createSelfSignedIssuer(() => clock.now).issue(
    { names: ["own.berth.test"] },
    AbortSignal.any([]),
  );
  await operations.addCertificate({ app: "own", certificate: chain, key, update: false });
  await run(["letsencrypt:disable", "off"]);
  await renewals.round();
  assert.equal(asked.length, 0);
  await run(["letsencrypt:set", "--global", "enabled", "true"]);
  await renewals.round();
  assert.match((await run(["letsencrypt:list"])).stdout, /^own .* has one of its own$/m);
  assert.deepEqual(
    asked.map(({ names }) => names),
    [["shop.berth.test"], ["*.example.com", "wild.berth.test"]],
  );
  assert.equal((await run(["letsencrypt:set", "shop", "server", "http://insecure"])).code, 1);
  assert.equal((await run(["letsencrypt:set", "shop", "challenge", "none"])).code, 1);
});
