import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { errorCodes } from "../../src/model/error-code.ts";
import { type AppRoutes, hostEntry } from "../../src/model/route.ts";
import { faults } from "../../src/router/faults.ts";
import { ask, talk } from "./helpers/client.ts";
import { deadTarget, startDyno } from "./helpers/dyno.ts";
import { startWorker, temporaryFolder } from "./helpers/worker.ts";

const [own, common, anything] = ["a".repeat(64), "b".repeat(64), "c".repeat(64)] as [string, string, string];

function app(name: string, fields: Partial<AppRoutes>): AppRoutes {
  return { app: name, hosts: [`${name}.test`], targets: [], release: 1, ...fields };
}

suite("the page for a request that no app answers", () => {
  test("says which error it is, by what is known of the app", async (t) => {
    const dyno = await startDyno(t, (_request, response) => response.end("never"));
    const gone = await deadTarget();
    const worker = await startWorker(t, {
      apps: [
        app("blank", { release: undefined }),
        app("idle", {}),
        app("crashed", { targets: [gone], crashed: true }),
        app("deaf", { targets: [gone] }),
        app("closed", { targets: [dyno.target], maintenance: true, redirects: { "closed.test": "x.test" } }),
      ],
    });
    const cases = { blank: "H81", idle: "H14", crashed: "H10", deaf: "H21", closed: "H80" };
    for (const [name, code] of Object.entries(cases)) {
      const answer = await ask(worker.port, { host: `${name}.test`, headers: { accept: "application/json" } });
      assert.deepEqual([answer.status, answer.headers["berth-error"]], [503, code], name);
      const { error } = JSON.parse(answer.body);
      assert.equal(error.code, code);
      assert.ok(error.cause.endsWith(".") && error.cure.endsWith("."));
    }
    const upgrade = "GET / HTTP/1.1\r\nHost: closed.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    assert.match(await talk(worker.port, upgrade), /^HTTP\/1.1 503 [\s\S]*Berth-Error: H80/);
    assert.deepEqual(dyno.seen, []);
  });

  test("is the app's own, else the host's, and the most exact one; other formats than HTML stay ours", async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(join(folder, "error-pages"));
    const write = (name: string, text: string) => writeFile(join(folder, "error-pages", name), text);
    await write(own, "<h1>own {{code}} {{ status }} {{request_id}} {{other}}</h1>");
    await write(common, "<h1>common {{title}}</h1>");
    await write(anything, "<h1>anything</h1>");
    const worker = await startWorker(t, {
      folder,
      apps: [
        app("shop", { pages: { H14: own } }),
        app("blog", { pages: { "503": own, H80: anything }, maintenance: true }),
        app("plain", {}),
        app("lost", { pages: { all: "../../../../etc/passwd", H14: "d".repeat(64) } }),
        { ...app(hostEntry, { pages: { "404": common, all: anything } }), hosts: [] },
      ],
    });
    const id = "0123456789abcdef0123";
    const page = async (host: string, accept = "text/html") =>
      (await ask(worker.port, { host, headers: { accept, "X-Request-Id": id } })).body;
    assert.equal(await page("shop.test"), `<h1>own H14 503 ${id} {{other}}</h1>`);
    assert.equal(await page("shop.test", "*/*"), `<h1>own H14 503 ${id} {{other}}</h1>`);
    assert.match(await page("shop.test", "application/json"), /^\{"error":\{"code":"H14"/);
    assert.match(await page("shop.test", "text/plain"), /^503 No web dynos running/);
    assert.equal(await page("blog.test"), "<h1>anything</h1>");
    assert.equal(await page("plain.test"), "<h1>anything</h1>");
    assert.equal(await page("nobody.test"), "<h1>common Unknown host</h1>");
    assert.equal(await page("lost.test"), "<h1>anything</h1>");
    const broken = await talk(worker.port, "GET / HTTP/1.1\r\nBad Name: x\r\n\r\n");
    assert.match(broken, /^HTTP\/1.1 400 Bad Request\r\n[\s\S]*\r\n\r\n<h1>anything<\/h1>$/);
    assert.ok(worker.log.some(({ msg }) => msg === "cannot read error page, going on with our own"));
  });
});

test("a page can be made for each error that has one", () => {
  const known = Object.values(faults).flatMap(({ code, status }) => [code, String(status)]);
  assert.deepEqual([...new Set([...known, "all"])].sort(), [...errorCodes].sort());
});
