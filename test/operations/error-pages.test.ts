import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { hostEntry } from "../../src/model/route.ts";
import { createPageFiles } from "../../src/routing/page-files.ts";
import { commandLine } from "../commands/harness.ts";
import { createWorld } from "../helpers/world.ts";
import { temporaryFolder } from "../router/helpers/worker.ts";

test("pages for errors reach the router by name, and go when nobody has them", async (t) => {
  const { operations, context, publisher } = await createWorld(t);
  const folder = await temporaryFolder(t);
  Object.assign(context, { pages: createPageFiles(join(folder, "pages")) });
  await operations.createApp({ name: "shop" });
  await operations.setErrorPage({ app: "shop", code: "maintenance", page: "<p>soon</p>" });
  await operations.setErrorPage({ app: undefined, code: "ALL", page: "<p>soon</p>" });
  const name = publisher.table.get("shop")?.pages?.H80;
  assert.deepEqual(publisher.table.get(hostEntry)?.pages, { all: name });
  assert.deepEqual(await readdir(join(folder, "pages")), [name]);
  assert.equal(await operations.errorPage({ app: "shop", code: "h80" }), "<p>soon</p>");
  await operations.setErrorPage({ app: "shop", code: "H80", page: "<p>later</p>" });
  assert.deepEqual(await operations.errorPages({ app: "shop" }), ["H80"]);
  assert.equal(await operations.clearErrorPage({ app: undefined, code: "all" }), true);
  assert.equal(await operations.clearErrorPage({ app: undefined, code: "all" }), false);
  assert.deepEqual(await readdir(join(folder, "pages")), [publisher.table.get("shop")?.pages?.H80]);
  await assert.rejects(operations.setErrorPage({ app: "shop", code: "H99x", page: "x" }), {
    code: "invalid-error-code",
  });
  await assert.rejects(operations.setErrorPage({ app: "shop", code: "H10", page: " \n" }), { code: "invalid-page" });
  await assert.rejects(operations.setErrorPage({ app: "no", code: "H10", page: "x" }), { code: "app-missing" });
  await assert.rejects(operations.errorPage({ app: "shop", code: "H10" }), { code: "page-missing" });
});

test("a page is taken as UTF-8, and refused in another encoding", async (t) => {
  const { operations } = await createWorld(t);
  await operations.createApp({ name: "shop" });
  const run = commandLine(operations);
  const page = "<p>Später, 後で</p>";
  for (const words of [
    ["error-pages:set", "shop", "H10"],
    ["maintenance:custom-page", "shop"],
  ]) {
    assert.equal((await run(words, { input: page })).code, 0);
    const { code, stderr } = await run(words, { input: Buffer.from("<p>Später</p>", "latin1") });
    assert.equal(code, 1);
    assert.match(stderr, /The page is not UTF-8 text\n !.* iconv/);
  }
  assert.equal(await operations.errorPage({ app: "shop", code: "H10" }), page);
});

test("maintenance mode is the app's, and survives a deploy", async (t) => {
  const { operations, publisher, deploy } = await createWorld(t);
  await deploy("shop");
  await operations.setProperty({ app: "shop", key: "maintenance.enabled", value: "true" });
  await deploy("shop");
  assert.equal(publisher.table.get("shop")?.maintenance, true);
  assert.equal(publisher.table.get("shop")?.targets.length, 1);
  await operations.setProperty({ app: "shop", key: "maintenance.enabled", value: undefined });
  assert.equal(publisher.table.get("shop")?.maintenance, undefined);
});
