import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { BuildpackChange } from "../../src/operations/operations.ts";
import { commandLine } from "./harness.ts";

suite("buildpacks:*", () => {
  function host(list: string[] = []) {
    const changes: BuildpackChange[] = [];
    const run = commandLine({
      buildpacks: async () => list,
      changeBuildpacks: async ({ change }) => {
        changes.push(change);
        return change.kind === "remove" ? ["https://h.test/x"] : [];
      },
      property: async () => ({ raw: "", computed: "heroku-22", global: "heroku-22" }),
      purgeCache: async () => undefined,
    });
    return { changes, run };
  }

  test("the list is shown as Dokku shows it", async () => {
    const { run } = host(["heroku/go", "nodejs"]);
    assert.equal(
      (await run(["buildpacks:list", "shop"])).stdout,
      "-----> shop buildpack urls\n       heroku/go\n       nodejs\n",
    );
    const report = await run(["buildpacks:report", "shop"]);
    assert.match(report.stdout, /^=====> shop buildpacks information$/m);
    assert.match(report.stdout, /^ {7}Buildpacks computed stack: +heroku-22$/m);
    assert.equal((await run(["buildpacks:report", "shop", "--buildpacks-list"])).stdout, "heroku/go,nodejs\n");
  });

  test("add and set take an index, set a whole list, remove either a name or an index", async () => {
    const { run, changes } = host();
    await run(["buildpacks:add", "shop", "nodejs"]);
    await run(["buildpacks:add", "--index", "2", "shop", "nodejs"]);
    await run(["buildpacks:set", "--index", "3", "shop", "go"]);
    await run(["buildpacks:set", "--replace", "shop", "go", "null"]);
    const removed = await run(["buildpacks:remove", "shop", "https://h.test/x"]);
    await run(["buildpacks:remove", "--index", "1", "shop"]);
    await run(["buildpacks:clear", "shop"]);
    assert.equal(removed.stdout, "-----> Removing https://h.test/x\n");
    assert.deepEqual(changes, [
      { kind: "add", buildpacks: ["nodejs"], position: undefined },
      { kind: "add", buildpacks: ["nodejs"], position: 2 },
      { kind: "set", buildpacks: ["go"], position: 3 },
      { kind: "replace", buildpacks: ["go", "null"] },
      { kind: "remove", which: "https://h.test/x" },
      { kind: "remove", which: 1 },
      { kind: "clear" },
    ]);
  });

  test("what is missing or too much is said", async () => {
    const { run, changes } = host();
    for (const [words, said] of [
      [["buildpacks:add", "shop", ""], /Must specify a buildpack to add/],
      [["buildpacks:set", "shop", "a", "b"], /One buildpack can be set at a time/],
      [["buildpacks:set", "--replace", "--index", "1", "shop", "a"], /either --index or --replace/],
      [["buildpacks:remove", "shop"], /either by index or URL/],
      [["buildpacks:remove", "--index", "1", "shop", "a"], /either index or Buildpack, but not both/],
      [["buildpacks:add", "--index", "0", "shop", "a"], /Invalid index/],
    ] as const) {
      const { code, stderr } = await run(words);
      assert.notEqual(code, 0);
      assert.match(stderr, said);
    }
    assert.deepEqual(changes, []);
  });

  test("the cache is purged by repo:purge-cache", async () => {
    const { code, stdout } = await host().run(["repo:purge-cache", "shop"]);
    assert.deepEqual([code, stdout], [0, "-----> Purged the build cache of shop\n"]);
  });
});
