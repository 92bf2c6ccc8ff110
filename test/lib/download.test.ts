import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { type DownloadOptions, download } from "../../src/lib/download.ts";
import { listen } from "../helpers/git-web.ts";

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return listen(server);
}

async function into(t: TestContext): Promise<(url: string, more?: Partial<DownloadOptions>) => Promise<string>> {
  const folder = await mkdtemp(join(tmpdir(), "berth-download-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "file");
  const { signal } = new AbortController();
  return async (url, more = {}) => {
    const hash = await download(url, file, { proxies: {}, caFile: undefined, maxBytes: 1000, signal, ...more });
    const content = await readFile(file);
    assert.equal(hash, createHash("sha256").update(content).digest("hex"));
    return content.toString();
  };
}

suite("download", () => {
  test("goes through the proxy, unless the host is excepted", async (t) => {
    const proxy = await serve(t, (request, response) => response.end(`for ${request.url}`));
    const direct = await serve(t, (_, response) => response.end("direct"));
    const get = await into(t);
    const proxies = { http_proxy: proxy, no_proxy: "127.0.0.1" };
    assert.equal(await get("http://packs.test/x.tgz", { proxies }), "for http://packs.test/x.tgz");
    assert.equal(await get(`${direct}/x`, { proxies }), "direct");
  });

  test("ends where there is too much, where it is sent in a circle, and when it is told to", async (t) => {
    const url = await serve(t, (request, response) => {
      if (request.url === "/large") response.end(Buffer.alloc(2000));
      else if (request.url === "/circle") response.writeHead(302, { Location: "/circle" }).end();
      else if (request.url === "/away") response.writeHead(302, { Location: "file:///etc/passwd" }).end();
      else if (request.url === "/slow") response.write("x");
      else response.writeHead(503).end();
    });
    const get = await into(t);
    await assert.rejects(get(`${url}/large`), /larger than 1000 bytes/);
    await assert.rejects(get(`${url}/circle`), /redirected too often/);
    await assert.rejects(get(`${url}/away`), /no web address/);
    await assert.rejects(get(`${url}/x`), /answered 503/);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    await assert.rejects(get(`${url}/slow`, { signal: stop.signal }), { name: "AbortError" });
  });
});
