import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { brotliDecompressSync, createGunzip, gunzipSync } from "node:zlib";
import { acceptedCoding } from "../../src/router/switches/accept-encoding.ts";
import { ask } from "./helpers/client.ts";
import { routesTo, startDyno } from "./helpers/dyno.ts";
import { startWorker } from "./helpers/worker.ts";

const text = "All work and no play makes Jack a dull boy.\n".repeat(100);
const large = text.repeat(100);

suite("compression", () => {
  test("shrinks what can be shrunk, in the coding that the client likes best", async (t) => {
    const dyno = await startDyno(t, (request, response) => {
      const body = request.url === "/large" ? large : text;
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.setHeader("ETag", '"abc"');
      response.setHeader("Accept-Ranges", "bytes");
      if (request.url !== "/chunked") response.setHeader("Content-Length", body.length);
      response.end(request.method === "HEAD" ? undefined : body);
    });
    const worker = await startWorker(t, { apps: [{ ...routesTo([dyno.target]), switches: { compress: true } }] });
    const bytes = ({ body }: { body: string }) => Buffer.from(body, "latin1");
    for (const [path, whole] of [
      ["/small", text],
      ["/large", large],
      ["/chunked", text],
    ] as const) {
      const zipped = await ask(worker.port, { path, headers: { "accept-encoding": "gzip, br;q=0.5" } });
      assert.equal(zipped.headers["content-encoding"], "gzip", path);
      assert.equal(gunzipSync(bytes(zipped)).toString(), whole);
      assert.deepEqual(
        [zipped.headers.etag, zipped.headers.vary, zipped.headers["accept-ranges"]],
        ['W/"abc"', "Accept-Encoding", undefined],
      );
      const brotli = await ask(worker.port, { path, headers: { "accept-encoding": "gzip, deflate, br" } });
      assert.equal(brotli.headers["content-encoding"], "br");
      assert.equal(brotliDecompressSync(bytes(brotli)).toString(), whole);
      const plain = await ask(worker.port, { path });
      assert.deepEqual(
        [plain.body, plain.headers["content-encoding"], plain.headers.vary],
        [whole, undefined, "Accept-Encoding"],
      );
      assert.equal(plain.headers.etag, '"abc"');
    }
    const small = await ask(worker.port, { path: "/small", headers: { "accept-encoding": "gzip" } });
    assert.equal(small.headers["content-length"], String(small.body.length));
    const head = await ask(worker.port, { path: "/small", method: "HEAD", headers: { "accept-encoding": "gzip" } });
    assert.deepEqual(
      [head.headers["content-encoding"], head.headers["content-length"], head.body],
      ["gzip", undefined, ""],
    );
  });

  test("leaves alone what is small, compressed, no text, a part, or not to be changed", async (t) => {
    const cases: Record<string, [number, Record<string, string>, string]> = {
      small: [200, { "Content-Type": "text/plain" }, "short"],
      encoded: [200, { "Content-Type": "text/plain", "Content-Encoding": "zstd" }, text],
      image: [200, { "Content-Type": "image/png" }, text],
      untyped: [200, {}, text],
      part: [206, { "Content-Type": "text/plain", "Content-Range": "bytes 0-4399/9000" }, text],
      kept: [200, { "Content-Type": "text/plain", "Cache-Control": "public, no-transform" }, text],
      digest: [200, { "Content-Type": "text/plain", "Content-Digest": "sha-256=:abc=:" }, text],
    };
    const dyno = await startDyno(t, (request, response) => {
      const [status, headers, body] = cases[request.url?.slice(1) ?? ""] ?? [404, {}, ""];
      response.writeHead(status, { ...headers, "Content-Length": body.length }).end(body);
    });
    const worker = await startWorker(t, { apps: [{ ...routesTo([dyno.target]), switches: { compress: true } }] });
    for (const [name, [status, headers, body]] of Object.entries(cases)) {
      const answer = await ask(worker.port, { path: `/${name}`, headers: { "accept-encoding": "gzip, br" } });
      assert.deepEqual([answer.status, answer.body], [status, body], name);
      assert.equal(answer.headers["content-encoding"], headers["Content-Encoding"], name);
    }
  });

  test("keeps nothing back of an answer that comes in pieces, and shows when one breaks off", async (t) => {
    const said: (() => void)[] = [];
    const dyno = await startDyno(t, (request, response) => {
      response.writeHead(200, { "Content-Type": request.url === "/events" ? "text/event-stream" : "text/html" });
      response.write("data: one\n\n");
      said.push(() => response.write("data: two\n\n"));
      said.push(() => response.destroy());
    });
    const worker = await startWorker(t, { apps: [{ ...routesTo([dyno.target]), switches: { compress: true } }] });
    for (const path of ["/events", "/page"]) {
      const sent = request({
        host: "127.0.0.1",
        port: worker.port,
        path,
        agent: false,
        headers: { host: "app.test", "accept-encoding": "gzip" },
      }).end();
      const [response] = await once(sent, "response");
      assert.equal(response.headers["content-encoding"], "gzip");
      const plain = createGunzip();
      response.on("data", (chunk: Buffer) => plain.write(chunk));
      let got = "" as string;
      plain.on("data", (chunk) => {
        got += chunk;
      });
      const broken = once(response, "error");
      while (!got.includes("one\n\n")) await delay(5);
      said.shift()?.();
      while (!got.includes("two\n\n")) await delay(5);
      said.shift()?.();
      assert.match(String(await broken), /aborted/);
    }
  });

  test("does not read faster from the dyno than the client reads", async (t) => {
    let written = 0;
    const dyno = await startDyno(t, (_request, response) => {
      response.writeHead(200, { "Content-Type": "text/plain" });
      const noise = () =>
        Buffer.from(Array.from({ length: 65_536 }, () => Math.floor(Math.random() * 256))).toString("base64");
      const more = () => {
        while (written < 64 * 1024 * 1024) {
          const piece = noise();
          written += piece.length;
          if (!response.write(piece)) {
            response.once("drain", more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    const worker = await startWorker(t, { apps: [{ ...routesTo([dyno.target]), switches: { compress: true } }] });
    const sent = request({
      host: "127.0.0.1",
      port: worker.port,
      agent: false,
      headers: { host: "app.test", "accept-encoding": "gzip" },
    }).end();
    const [response] = await once(sent, "response");
    let before = -1;
    while (before !== written) {
      before = written;
      await delay(700);
    }
    assert.ok(written < 40 * 1024 * 1024, String(written));
    response.destroy();
  });
});

test("the coding is chosen by the client's weights", () => {
  const cases: Record<string, string | undefined> = {
    "gzip, deflate, br": "br",
    "gzip;q=1.0, br;q=0.5": "gzip",
    "br;q=0, gzip": "gzip",
    "*": "br",
    "br;q=0, *;q=0.3": "gzip",
    identity: undefined,
    "gzip;q=0": undefined,
    "identity;q=1, gzip;q=0.5": undefined,
    "deflate, zstd": undefined,
    GZIP: "gzip",
    "": undefined,
  };
  for (const [header, coding] of Object.entries(cases)) assert.equal(acceptedCoding(header), coding, header);
  assert.equal(acceptedCoding(undefined), undefined);
});
