import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { freePort } from "../../src/lib/free-port.ts";
import { run } from "../helpers/berth.ts";
import type { CleanUp } from "./helpers/clean-up.ts";
import { secureConnection, tlsEntries } from "./helpers/tls.ts";
import { startWorker } from "./helpers/worker.ts";

// Mozilla's "intermediate" (https://ssl-config.mozilla.org), of which sslyze and testssl.sh are content with the rest.
suite("the profile of TLS", () => {
  let port = 0;
  let clear: () => unknown = () => undefined;

  before(async () => {
    const t: CleanUp = {
      after: (work) => {
        clear = work as () => unknown;
      },
    };
    port = await freePort("127.0.0.1");
    await startWorker(t, { https: port, entries: tlsEntries(), apps: [] });
  });

  after(() => clear());

  /** What `openssl s_client` says; its exit code is not 0 without a handshake. */
  async function client(...options: string[]) {
    const words = ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "app.test", ...options];
    return run("openssl", words, { stdin: "Q\n" });
  }

  for (const group of ["X25519", "P-256", "P-384"]) {
    test(`takes ${group}`, async () => {
      const { code, stdout, stderr } = await client("-tls1_3", "-groups", group);
      assert.equal(code, 0, stdout + stderr);
    });
  }

  for (const group of ["P-521", "X448", "ffdhe2048"]) {
    test(`does not take ${group}`, async () => {
      const { code, stderr } = await client("-tls1_3", "-groups", group);
      assert.notEqual(code, 0);
      assert.match(stderr, /alert handshake failure/);
    });
  }

  // Not every openssl knows it, node's does.
  test("takes X25519MLKEM768", async (t) => {
    const socket = await secureConnection(t, port, { ecdhCurve: "X25519MLKEM768" });
    assert.equal(socket.getProtocol(), "TLSv1.3");
  });

  test("takes TLS 1.2, and does not renegotiate", async () => {
    const { stdout, stderr } = await client("-tls1_2");
    assert.match(stdout, /Protocol {2}: TLSv1\.2/);
    const asked = await run("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, "-tls1_2"], { stdin: "R\n" });
    assert.match(asked.stderr + stderr, /no renegotiation/);
  });

  for (const [suiteName, options] of [
    ["CBC", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA"]],
    ["keys without forward secrecy", ["-tls1_2", "-cipher", "AES128-GCM-SHA256"]],
    ["CCM", ["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"]],
    ["TLS 1.1", ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]],
  ] as const) {
    test(`does not take ${suiteName}`, async () => assert.notEqual((await client(...options)).code, 0));
  }
});
