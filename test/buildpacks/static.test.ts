import assert from "node:assert/strict";
import { request } from "node:http";
import { before, suite, test } from "node:test";
import { Workbench } from "../helpers/builds.ts";
import { afterSuite } from "../helpers/suite.ts";

suite("buildpack static", () => {
  let workbench: Workbench;
  let url: string;
  const cleanUp = afterSuite();

  before(async () => {
    workbench = new Workbench(cleanUp);
    const built = await workbench.build("static-site", { network: "none" });
    assert.equal(built.code, 0, built.stdout);
    assert.match(
      built.stdout,
      /-----> Static app detected\n {7}Serving the top folder with the image's nginx: the first that has an index\.html\n {7}To choose another folder/,
    );
    assert.match(built.stdout, /Default types for static -> web/);
    ({ url } = await workbench.serve(built.image));
  });

  test("pages come with their types and their character set", async () => {
    const types: Record<string, string> = {
      "/": "text/html; charset=utf-8",
      "/assets/style.css": "text/css; charset=utf-8",
      "/assets/app.js": "application/javascript; charset=utf-8",
      "/assets/digits.txt": "text/plain; charset=utf-8",
    };
    for (const [path, type] of Object.entries(types)) {
      const response = await fetch(url + path);
      assert.deepEqual([response.status, response.headers.get("content-type")], [200, type], path);
      await response.arrayBuffer();
    }
    assert.match(await (await fetch(url)).text(), /Wörter mit Umlauten/);
  });

  test("HEAD answers without a body", async () => {
    const response = await fetch(`${url}/assets/digits.txt`, { method: "HEAD" });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-length"), "11");
    assert.equal(await response.text(), "");
  });

  test("what a visitor has already is not sent again", async () => {
    const first = await fetch(`${url}/assets/digits.txt`);
    await first.arrayBuffer();
    const etag = first.headers.get("etag");
    const modified = first.headers.get("last-modified");
    assert.ok(etag && modified);
    for (const headers of [{ "If-None-Match": etag }, { "If-Modified-Since": modified }]) {
      const again = await fetch(`${url}/assets/digits.txt`, { headers: headers as Record<string, string> });
      assert.equal(again.status, 304);
      assert.equal(await again.text(), "");
    }
    const changed = await fetch(`${url}/assets/digits.txt`, { headers: { "If-None-Match": '"other"' } });
    assert.equal(changed.status, 200);
    await changed.arrayBuffer();
  });

  test("ranges are served, and ranges beyond the end are refused", async () => {
    const path = `${url}/assets/digits.txt`;
    const part = await fetch(path, { headers: { Range: "bytes=2-4" } });
    assert.deepEqual([part.status, part.headers.get("content-range")], [206, "bytes 2-4/11"]);
    assert.equal(await part.text(), "234");
    const tail = await fetch(path, { headers: { Range: "bytes=-3" } });
    assert.equal(await tail.text(), "89\n");
    const beyond = await fetch(path, { headers: { Range: "bytes=100-" } });
    assert.equal(beyond.status, 416);
    await beyond.arrayBuffer();
  });

  test("text is compressed for those who ask", async () => {
    const { headers } = await raw("/assets/style.css", { "Accept-Encoding": "gzip" });
    assert.equal(headers["content-encoding"], "gzip");
    assert.match(String(headers.vary), /Accept-Encoding/i);
  });

  test("a missing page is answered with 404.html", async () => {
    const response = await fetch(`${url}/no/such/page`);
    assert.equal(response.status, 404);
    assert.match(await response.text(), /There is no such page/);
  });

  test("pages have addresses without .html, and folders have an index", async () => {
    assert.match(await (await fetch(`${url}/about`)).text(), /<h1>About/);
    assert.match(await (await fetch(`${url}/docs/`)).text(), /<h1>Docs/);
    const folder = await raw("/docs");
    // A relative address: the server knows neither the host nor the port that visitors see.
    assert.deepEqual([folder.status, folder.headers.location], [301, "/docs/"]);
  });

  test("dot files, Berth's own files and files outside are not served", async () => {
    const paths = [
      "/.secret",
      "/.berth/static/nginx.conf",
      "/.release",
      "/Procfile",
      "/../etc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/assets/../../etc/passwd",
      "/assets/..%2f..%2f..%2fetc%2fpasswd",
      "//etc/passwd",
    ];
    for (const path of paths) {
      const { status, body } = await raw(path);
      assert.ok(status === 404 || status === 400, `${path}: ${status}`);
      assert.doesNotMatch(body, /root:/, path);
    }
  });

  test("other methods are refused", async () => {
    const response = await fetch(`${url}/`, { method: "POST", body: "x" });
    assert.equal(response.status, 405);
    await response.arrayBuffer();
  });

  test("static.json names the folder and makes a single-page app", async () => {
    const built = await workbench.build({
      "static.json": '{"root":"www","routes":{"/**":"index.html"},"clean_urls":false,"https_only":true}',
      "www/index.html": "the app",
      "www/page.html": "a page",
    });
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /static\.json: https_only is not known here/);
    const site = await workbench.serve(built.image);
    assert.equal(await (await fetch(`${site.url}/some/path`)).text(), "the app");
    assert.equal(await (await fetch(`${site.url}/page.html`)).text(), "a page");
    assert.equal(await (await fetch(`${site.url}/page`)).text(), "the app");
  });

  test("a site without 404.html answers a missing page in one plain line", async () => {
    const built = await workbench.build({ "public/index.html": "home", "secret.html": "not in public" });
    const site = await workbench.serve(built.image);
    const missing = await fetch(`${site.url}/secret.html`);
    assert.deepEqual([missing.status, await missing.text()], [404, "Not found\n"]);
  });

  for (const [what, settings, expected] of [
    ["no JSON", "{root:", /static\.json is not valid JSON/],
    ["a folder outside", '{"root":"../../etc"}', /root "\.\.\/\.\.\/etc" has to be a relative path/],
    ["a folder that would be configuration", '{"root":"a; } http {"}', /has to be a relative path/],
    ["a folder that is not there", '{"root":"www"}', /The folder "www" of the site does not exist/],
    ["routes that are not supported", '{"root":".","routes":{"/a":"b.html"}}', /of routes only/],
  ] as const) {
    test(`static.json with ${what} fails the build`, async () => {
      const { code, stdout } = await workbench.build({ "static.json": settings });
      assert.notEqual(code, 0);
      assert.match(stdout, expected);
    });
  }

  /** A request whose path is sent as it is: fetch would tidy it. */
  function raw(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      request({ hostname, port, path, headers }, async (response) => {
        let body = "";
        for await (const chunk of response) body += chunk;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      })
        .on("error", reject)
        .end();
    });
  }
});
