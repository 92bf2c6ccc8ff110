import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { send } from "../../src/certificates/acme/http.ts";
import { certificateFor } from "../router/helpers/tls.ts";

test("an authority whose answer does not end fills no memory", async (t) => {
  const { chain, key } = certificateFor("localhost");
  const server = createServer({ cert: chain, key }, (_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.on("drain", more);
    more();
  }).listen(0, "127.0.0.1");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const url = `https://localhost:${(server.address() as AddressInfo).port}/directory`;
  await assert.rejects(send(url, { method: "GET", roots: chain, signal: t.signal }), /more than \d+ bytes/);
});
