import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { insteadOf, unhonoured } from "../../src/model/unhonoured.ts";
import { fakeSource } from "../helpers/fake-builder.ts";
import { createWorld, type World } from "../helpers/world.ts";

const warnings = (world: World) => world.told.filter((line) => line.startsWith("warn ")).map((line) => line.slice(5));

async function push(t: Parameters<typeof createWorld>[0], files: Record<string, string>): Promise<string[]> {
  const world = await createWorld(t);
  await world.operations.deploy({ app: "shop", source: fakeSource(files) }, world.job());
  return warnings(world);
}

suite("what a push brings and Berth does not honour", () => {
  test("is named once for each file, with what to use instead", async (t) => {
    const names = [...Object.keys(unhonoured.file), ...Object.keys(unhonoured.buildFile)];
    const told = await push(t, Object.fromEntries(names.map((name) => [name, ""])));
    assert.equal(told.length, names.length);
    for (const name of names) {
      assert.equal(told.filter((line) => line.startsWith(`The file ${name} has no effect. `)).length, 1, name);
    }
  });

  test("has none of the files of a builder that would not be asked", async (t) => {
    assert.deepEqual(await push(t, { Dockerfile: "FROM x", "nixpacks.toml": "", "project.toml": "" }), []);
    assert.deepEqual(await push(t, { Procfile: "web: x", "app.json": '{"name": "shop", "env": {"A": "1"}}' }), []);
  });

  test("is named for keys of app.json, known and unknown", async (t) => {
    const manifest = {
      ...{ name: "shop", description: "x", $schema: "x", repository: "x", keywords: [] },
      ...{ cron: [], healthchecks: {}, addons: [], stack: "x", frobnicate: 1, "\u001b[31m": 1 },
      ...{ formation: { web: { quantity: 1, size: "x", max_parallel: 2 } } },
      ...{ scripts: { postdeploy: "", test: "x", dokku: { predeploy: "", frob: "x" } } },
    };
    const told = await push(t, { "app.json": JSON.stringify(manifest) });
    assert.deepEqual(
      told.map((line) => line.split(" has no effect. ")[0]),
      [
        ...["cron", "healthchecks", "addons", "stack", "frobnicate", "?[31m", "formation.web.size"],
        ...["formation.web.max_parallel", "scripts.test", "scripts.dokku.frob"],
      ].map((key) => `app.json: '${key}'`),
    );
    assert.match(told[0] ?? "", /cron of your own/);
  });

  test("is named for a Procfile of another name, and for lines that do not count", async (t) => {
    assert.deepEqual(await push(t, { procfile: "web: x" }), ["The file procfile has no effect. Call it Procfile"]);
    const told = await push(t, { Procfile: "web: a\nworker: b\n# web: c\nweb: d\n", procfile: "web: x" });
    assert.deepEqual(told, ["Procfile: 'web' stands there more than once. Only the last one counts"]);
  });

  test("is named for heroku.yml and its keys", async (t) => {
    const without = "The file heroku.yml has no effect. It counts when it names a Dockerfile under build.docker";
    assert.deepEqual(await push(t, { "heroku.yml": "run: {web: x}" }), [without]);
    assert.deepEqual(await push(t, { "heroku.yml": "build: {languages: [ruby]}" }), [without]);
    const told = await push(t, {
      "heroku.yml": "setup: {addons: [x]}\nbuild: {docker: {web: Dockerfile}}\nrun: {web: x}",
    });
    assert.deepEqual(told.length, 1);
    assert.match(told[0] ?? "", /^heroku\.yml: 'setup' has no effect\. /);
    assert.deepEqual(await push(t, { "heroku.yml": "a: [" }), []);
  });

  test("is named for config vars of Dokku, at config:set and at each push", async (t) => {
    const world = await createWorld(t);
    await world.operations.createApp({ name: "shop" });
    const vars = {
      ...{ DOKKU_CHECKS_TIMEOUT: "60", DOKKU_SCALE: "1", DOKKU_PROXY_PORT_MAP: "http:80:5000", NO_VHOST: "1" },
      ...{ DOKKU_LETSENCRYPT_EMAIL: "a@example.com", DOKKU_DOCKER_STOP_TIMEOUT: "9", NIXPACKS_NODE_VERSION: "22" },
      ...{ DOKKU_POSTGRES_BLUE_URL: "postgres://x", MY_DOKKU_SCALE: "1", PORT: "5000" },
    };
    await world.operations.setConfig({ app: "shop", vars, restart: true }, world.job());
    const named = (line: string) => /^The config var (\S+) has no effect on Berth\. \S/.exec(line)?.[1];
    const expected = Object.keys(vars).filter((name) => insteadOf(unhonoured.config, name) !== undefined);
    assert.equal(expected.length, 7);
    assert.deepEqual(warnings(world).map(named), expected);
    world.told.length = 0;
    await world.deploy("shop");
    assert.deepEqual(warnings(world).map(named), expected.sort());
  });

  test("is named once by git:sync and by ps:rebuild too", async (t) => {
    const world = await createWorld(t);
    world.repositories.source = async (_app, commit) => fakeSource({ DOKKU_SCALE: "web=2" }, commit);
    const sync = { app: "shop", url: "https://git.test/shop.git", ref: undefined, setDeployBranch: false };
    const told = () => warnings(world).filter((line) => line.startsWith("The file DOKKU_SCALE has no effect. ")).length;
    await world.operations.syncRepository({ ...sync, build: "never" }, world.job());
    assert.equal(told(), 0);
    await world.operations.syncRepository({ ...sync, build: "always" }, world.job());
    assert.equal(told(), 1);
    await world.operations.rebuild({ app: "shop" }, world.job());
    assert.equal(told(), 2);
  });

  test("is said before a build that fails", async (t) => {
    const world = await createWorld(t);
    world.builder.fails = new Error("no");
    const source = fakeSource({ CHECKS: "/ hello" });
    await assert.rejects(world.operations.deploy({ app: "shop", source }, world.job()));
    assert.match(warnings(world)[0] ?? "", /^The file CHECKS has no effect/);
  });
});
