import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { createAcmeIssuer } from "../../src/certificates/acme/create-issuer.ts";
import { createDnsHook } from "../../src/certificates/dns-hook.ts";
import type { Authority, Issued, Solver } from "../../src/certificates/issuer.ts";
import { freePort } from "../../src/lib/free-port.ts";
import { namesOf } from "../../src/model/certificate-chain.ts";
import { UserError } from "../../src/model/errors.ts";
import { startPebble } from "../helpers/pebble.ts";
import type { CleanUp } from "../router/helpers/clean-up.ts";
import { routesTo } from "../router/helpers/dyno.ts";
import { certificateFor, secured, shownFor, tlsEntries } from "../router/helpers/tls.ts";
import { startRouteServer, startWorker, temporaryFolder } from "../router/helpers/worker.ts";

/** A router of two workers that share their ports, and a CA that looks for challenges there. */
async function start(t: CleanUp, env: Record<string, string> = {}) {
  const folder = await temporaryFolder(t);
  const server = await startRouteServer(t, folder);
  const own = certificateFor("app.test");
  await server.put([...tlsEntries(), own]);
  await server.replace([secured(routesTo([]), [own], { redirect: true })]);
  const port = await freePort("127.0.0.1");
  const https = await freePort("127.0.0.1");
  for (const worker of [1, 2]) await startWorker(t, { folder, port, https, worker });
  const pebble = await startPebble(t, folder, { http: port, https }, env);
  const solver: Solver = {
    present: (entry) => server.put([entry]),
    withdraw: (id) => server.drop([id]),
    dns: createDnsHook(pebble.dnsHook),
  };
  const issuer = createAcmeIssuer({ folder: join(folder, "acme"), solver, now: Date.now });
  const issue = (names: string[], authority: Partial<Authority> = {}): Promise<Issued> =>
    issuer.issue(
      {
        names,
        authority: {
          directory: pebble.directory,
          email: "ann@example.com",
          roots: pebble.ca,
          challenge: "http-01",
          ...authority,
        },
      },
      AbortSignal.timeout(60_000),
    );
  return { folder, https, pebble, issue };
}

function namesIn({ chain, key }: Issued): string[] {
  const certificate = new X509Certificate(chain);
  assert.ok((chain.match(/BEGIN CERTIFICATE/g)?.length ?? 0) > 1);
  assert.ok(certificate.checkPrivateKey(createPrivateKey(key)));
  return namesOf(certificate).sort();
}

suite("certificates by ACME, from pebble", () => {
  test("any worker answers http-01 and tls-alpn-01, a hook dns-01, and clients meanwhile get the real certificate", async (t) => {
    // A third of the nonces are refused: that is to be borne.
    const { folder, https, issue } = await start(t, { PEBBLE_WFE_NONCEREJECT: "30", PEBBLE_AUTHZREUSE: "0" });
    assert.deepEqual(namesIn(await issue(["app.test", "www.app.test"])), ["app.test", "www.app.test"]);
    const alpn = issue(["app.test"], { challenge: "tls-alpn-01" });
    assert.equal(await shownFor(t, https, "app.test"), "app.test");
    assert.deepEqual(namesIn(await alpn), ["app.test"]);
    assert.equal(await shownFor(t, https, "app.test"), "app.test");
    assert.deepEqual(namesIn(await issue(["*.app.test", "app.test"])), ["*.app.test", "app.test"]);
    const [file = "", ...others] = await readdir(join(folder, "acme"));
    assert.deepEqual(others, []);
    assert.equal((await stat(join(folder, "acme", file))).mode & 0o777, 0o600);
  });

  test("a failure names the domain and what the authority saw", async (t) => {
    const { issue } = await start(t, { PEBBLE_WFE_NONCEREJECT: "0" });
    const fails = (names: string[], authority: Partial<Authority>, code: string, message: RegExp) =>
      assert.rejects(issue(names, authority), (error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      });
    await fails(
      ["blocked-domain.example"],
      {},
      "acme-refused",
      /blocked-domain.example.*refuses.*(policy|forbids|blocked)/i,
    );
    await fails(
      ["app.test"],
      { roots: undefined },
      "acme-unreachable",
      /localhost.* cannot be reached: [^;]*certificate$/,
    );
    await fails(["app.test"], { directory: "https://localhost:1/dir" }, "acme-unreachable", /ECONNREFUSED/);
    const blind = await startPebble(t, await temporaryFolder(t), { http: 1, https: 1 });
    const elsewhere = { directory: blind.directory, roots: blind.ca };
    const seen = /x.app.test could not be verified; the authority says: .*(refused|connect)/i;
    await fails(["x.app.test"], elsewhere, "acme-unproven", seen);
  });
});
