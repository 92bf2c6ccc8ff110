import assert from "node:assert/strict";
import { copyFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, eventually, runOk, startBerth } from "../helpers/berth.ts";

const ends = ["", "-wal", "-shm"];

/** All that is on the engine, but for what comes and goes by itself. */
async function onEngine(berth: Berth): Promise<Record<string, string[]>> {
  const filter = ["--filter", `label=berth.instance=${await berth.instance()}`];
  const list = async (...args: string[]) => (await runOk("docker", [...args, ...filter])).split("\n").sort();
  return {
    containers: await list("ps", "-aq"),
    images: await list("images", "--format", "{{.Repository}}:{{.Tag}}"),
    volumes: await list("volume", "ls", "-q"),
  };
}

async function backUp(berth: Berth): Promise<() => Promise<void>> {
  const path = join(berth.root, "berth.db");
  const copy = join(berth.root, "client", `backup-${Math.random()}`);
  await runOk(process.execPath, [
    "-e",
    `new (require("node:sqlite").DatabaseSync)(${JSON.stringify(path)}).exec(${JSON.stringify(`VACUUM INTO '${copy}'`)})`,
  ]);
  return async () => {
    for (const end of ends) await rm(path + end, { force: true });
    await copyFile(copy, path);
  };
}

async function kill(berth: Berth): Promise<void> {
  await berth.signal("SIGKILL");
}

async function assertSafe(berth: Berth, before: Record<string, string[]>, apps: Record<string, string>): Promise<void> {
  assert.match((await berth.cli("recover:report")).stdout, /in safe mode/);
  for (const [app, page] of Object.entries(apps)) assert.equal((await berth.fetch(app)).body, `${page}\n`);
  for (const words of [
    ["apps:create", "other"],
    ["cleanup"],
    ["config:set", "shop", "A=1"],
    ["apps:destroy", "shop", "--force"],
  ]) {
    const refused = await berth.cli(...words);
    assert.notEqual(refused.code, 0, words.join(" "));
    assert.match(refused.stderr, /safe mode|does not exist/, words.join(" "));
  }
  assert.deepEqual(await onEngine(berth), before);
}

suite("a store that does not know what exists", { concurrency: 2 }, () => {
  test("a missing database removes nothing, and adopt takes up what runs", async (t) => {
    const berth = await startBerth(t);
    const folder = await berth.repositoryOf(nullApp("one"));
    await berth.pushOk(folder, "shop");
    await berth.sshOk("config:set shop GREETING='hello world'");
    await berth.sshOk("domains:add shop shop.example.com");
    await berth.pushOk(await berth.repositoryOf(nullApp("idle")), "idle");
    await berth.sshOk("ps:stop idle");
    const before = await onEngine(berth);
    await kill(berth);
    for (const end of ends) await rm(join(berth.root, `berth.db${end}`), { force: true });
    await berth.serve();
    await assertSafe(berth, before, { shop: "one" });
    const report = (await berth.cli("recover:report")).stdout;
    assert.match(report, /shop: 1 running dyno, 1 image, .*1 repository/);
    await kill(berth);
    await berth.serve();
    await assertSafe(berth, before, { shop: "one" });
    assert.match(await berth.cliOk("recover:adopt"), /Took up shop: .*v2 runs/);
    assert.deepEqual(await onEngine(berth), before);
    assert.equal((await berth.fetch("shop")).body, "one\n");
    assert.equal((await berth.fetch("shop.example.com")).body, "one\n");
    assert.equal(await berth.cliOk("config:get", "shop", "GREETING"), "hello world\n");
    await berth.cliOk("ps:start", "idle");
    assert.equal((await berth.fetch("idle")).body, "idle\n");
    await berth.cliWith(await runOk("cat", [`${berth.key}.pub`]), "ssh-keys:add", "ann");
    await writeFile(join(folder, "page"), "two");
    await berth.commitAll(folder, "two");
    await berth.pushOk(folder, "shop");
    assert.equal((await berth.fetch("shop")).body, "two\n");
    await kill(berth);
    await berth.serve();
    assert.match((await berth.cli("recover:report")).stdout, /nothing to recover/);
    assert.equal((await berth.fetch("shop")).body, "two\n");
  });

  test("an empty database and forget remove what it does not know", async (t) => {
    const berth = await startBerth(t);
    await berth.pushOk(await berth.repositoryOf(nullApp("one")), "shop");
    const before = await onEngine(berth);
    await kill(berth);
    for (const end of ends.slice(1)) await rm(join(berth.root, `berth.db${end}`), { force: true });
    await truncate(join(berth.root, "berth.db"));
    await berth.serve();
    await assertSafe(berth, before, { shop: "one" });
    assert.equal((await berth.cliWith("no\n", "recover:forget")).code, 1);
    assert.deepEqual(await onEngine(berth), before);
    await berth.cliOk("recover:forget", "--force");
    await eventually(async () => {
      assert.deepEqual(await onEngine(berth), { containers: [""], images: [""], volumes: [""] });
    }, 30_000);
    assert.equal((await berth.fetch("shop")).status, 404);
  });

  test("a root restored from a backup serves and keeps the engine's newer releases, dynos and apps", async (t) => {
    const berth = await startBerth(t);
    const folder = await berth.repositoryOf(nullApp("one"));
    await berth.pushOk(folder, "shop");
    const restore = await backUp(berth);
    const small = ["routes.json", "generation"];
    for (const name of small) await copyFile(join(berth.root, name), join(berth.root, "client", name));
    await writeFile(join(folder, "page"), "two");
    await berth.commitAll(folder, "two");
    await berth.pushOk(folder, "shop");
    await berth.sshOk("ps:scale shop web=2");
    await berth.pushOk(await berth.repositoryOf(nullApp("new")), "blog");
    const before = await onEngine(berth);
    await kill(berth);
    await runOk(join(import.meta.dirname, "../../src/main.ts"), ["--root", berth.root, "router:stop"]);
    await restore();
    for (const name of small) await copyFile(join(berth.root, "client", name), join(berth.root, name));
    await berth.serve();
    await assertSafe(berth, before, { shop: "two", blog: "new" });
    await berth.cliOk("recover:adopt");
    assert.deepEqual(await onEngine(berth), before);
    assert.match(await berth.cliOk("ps:report", "shop"), /web 2: +running/);
    assert.match(await berth.cliOk("releases", "shop"), /v2/);
    for (const [app, page] of Object.entries({ shop: "two", blog: "new" })) {
      assert.equal((await berth.fetch(app)).body, `${page}\n`);
    }
    await berth.cliOk("rollback", "shop", "v1");
    assert.equal((await berth.fetch("shop")).body, "one\n");
  });

  test("a store whose engine has lost everything says so for each app, and a push brings it back", async (t) => {
    const berth = await startBerth(t);
    const folder = await berth.repositoryOf(nullApp("one"));
    await berth.pushOk(folder, "shop");
    await berth.signal("SIGTERM");
    const filter = ["--filter", `label=berth.instance=${await berth.instance()}`];
    await runOk("docker", ["rm", "-f", ...(await berth.containers())]);
    const images = (await runOk("docker", ["images", "-q", ...filter])).split("\n").filter(Boolean);
    await runOk("docker", ["rmi", "-f", ...new Set(images)]);
    await runOk("docker", ["network", "rm", `berth-${await berth.instance()}`]);
    await berth.serve();
    assert.match((await berth.cli("recover:report")).stdout, /nothing to recover/);
    assert.match(await berth.cliOk("ps:report", "shop"), /The Docker engine has lost .*: push shop again/);
    await berth.pushOk(folder, "shop");
    assert.equal((await berth.fetch("shop")).body, "one\n");
  });

  test("a database of another Berth is recognised, and the right one put back ends it", async (t) => {
    const [berth, other] = await Promise.all([startBerth(t), startBerth(t)]);
    await berth.pushOk(await berth.repositoryOf(nullApp("one")), "shop");
    await other.pushOk(await other.repositoryOf(nullApp("theirs")), "shop");
    const before = await onEngine(berth);
    const restore = await backUp(berth);
    await berth.signal("SIGTERM");
    await other.signal("SIGTERM");
    await copyFile(join(other.root, "berth.db"), join(berth.root, "berth.db"));
    await berth.serve();
    await assertSafe(berth, before, { shop: "one" });
    const refused = await berth.cli("recover:adopt");
    assert.match(refused.stderr, /other apps of these names: shop/);
    await kill(berth);
    await restore();
    await berth.serve();
    assert.match((await berth.cli("recover:report")).stdout, /nothing to recover/);
    assert.deepEqual(await onEngine(berth), before);
    assert.equal((await berth.fetch("shop")).body, "one\n");
  });
});
