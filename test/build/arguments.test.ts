import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { parseBuildArguments } from "../../src/build/arguments.ts";
import { plainName } from "../../src/build/image-name.ts";
import { UserError } from "../../src/model/errors.ts";

suite("the arguments of berth build", () => {
  test("are a name alone, of this folder", () => {
    const { folder, name } = parseBuildArguments(["shop"]);
    assert.deepEqual({ folder, name }, { folder: ".", name: { repository: "shop", tag: "latest" } });
  });

  test("are a folder and a name where there is such a folder, else a name and a tag", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "berth-arguments-"));
    t.after(() => rm(folder, { recursive: true }));
    assert.equal(parseBuildArguments([folder, "shop"]).folder, folder);
    assert.deepEqual(parseBuildArguments(["shop", "v1"]).name, { repository: "shop", tag: "v1" });
    assert.deepEqual(parseBuildArguments([folder, "shop", "v1"]).name, { repository: "shop", tag: "v1" });
    assert.throws(() => parseBuildArguments(["./no-such-folder", "shop"]), hasCode("folder-missing"));
  });

  test("take a tag behind a colon, and a registry with a port", () => {
    const { name } = parseBuildArguments(["registry.example.com:5000/team/shop:v1"]);
    assert.deepEqual(name, { repository: "registry.example.com:5000/team/shop", tag: "v1" });
  });

  test("take every option in both ways", () => {
    const short = ["-b", "u", "-p", "80", "-o", "f", "-f", "i", "-i", "c", "-e", "A=b=c", "shop"];
    const long = ["--buildpack=u", "--port=80", "--output=f", "--from=i", "--include=c", "--env=A=b=c", "shop"];
    assert.deepEqual(parseBuildArguments(short), parseBuildArguments(long));
    assert.deepEqual(parseBuildArguments(short).config, { A: "b=c" });
  });

  for (const words of [[], ["a", "b", "c", "d"], ["--what", "shop"], ["-p", "high", "shop"], ["-e", "A", "shop"]]) {
    test(`are refused with the usage: ${words.join(" ") || "none"}`, () => {
      assert.throws(() => parseBuildArguments(words), hasCode("invalid-arguments"));
    });
  }

  for (const name of [
    "Shop",
    "shop/",
    "-shop",
    "shop:a:b",
    "shop:",
    "a b",
    "berth/run:1",
    "index.docker.io/berth-a1/x",
  ]) {
    test(`are refused where the name is none: '${name}'`, () => {
      assert.throws(() => parseBuildArguments([`--`, name]), hasCode("invalid-image-name"));
    });
  }

  test("give names of different images different places", () => {
    const names = ["shop", "team/shop", "team-shop", "a.b/shop", `${"x".repeat(80)}`].map(plainName);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z0-9][a-z0-9-]{0,62}$/);
  });
});

function hasCode(code: string) {
  return (error: unknown) => error instanceof UserError && error.code === code;
}
