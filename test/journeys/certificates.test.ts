import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:https";
import { test } from "node:test";
import { run, startBerth } from "../helpers/berth.ts";
import { startPebble } from "../helpers/pebble.ts";

test("an app gets a certificate from a CA, and serves it at once and after the daemon has started again", async (t) => {
  const berth = await startBerth(t);
  const pebble = await startPebble(t, berth.root, { http: berth.httpPort, https: berth.httpsPort });
  await berth.cliOk("apps:create", "shop");
  const plain = await berth.fetch("shop");
  assert.equal(plain.status, 503);
  await berth.cliOk("letsencrypt:set", "--global", "server", pebble.directory);
  await berth.cliOk("letsencrypt:set", "--global", "ca-file", pebble.caFile);
  await berth.cliOk("letsencrypt:set", "shop", "challenge", "tls-alpn-01");
  assert.match(await berth.cliOk("letsencrypt:enable", "shop"), /Certificate of shop is in use/);
  const trusted = { ca: await pebble.root(), servername: "shop.berth.test", headers: { host: "shop.berth.test" } };
  const ask = async () => {
    const sent = request({ host: "127.0.0.1", port: berth.httpsPort, agent: false, ...trusted });
    sent.end();
    const [response] = await once(sent, "response");
    response.resume();
    return response;
  };
  const answer = await ask();
  assert.equal(answer.statusCode, 503);
  assert.equal((await berth.fetch("shop", "/x")).headers.location, `https://shop.berth.test:${berth.httpsPort}/x`);
  assert.equal((await berth.cliOk("url", "shop")).trim(), `https://shop.berth.test:${berth.httpsPort}`);

  await berth.signal("SIGTERM");
  assert.equal((await ask()).statusCode, 503);
  await berth.serve();
  assert.equal((await ask()).statusCode, 503);
  const h2 = ["-connect", `127.0.0.1:${berth.httpsPort}`, "-servername", "shop.berth.test", "-alpn", "h2", "-brief"];
  assert.match((await run("openssl", ["s_client", ...h2])).stderr, /Protocol version: TLSv1.3/);
  const key = await berth.cliOk("certs:show", "shop", "key");
  assert.match(key, /BEGIN PRIVATE KEY/);
});
