import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { chooseBuildpacks } from "../../../src/builders/buildpack/choose.ts";
import { fakeSource } from "../../helpers/fake-builder.ts";

const official = "/srv/packs/NAME.git";

function choose(given: {
  url?: string;
  listed?: string[];
  file?: string;
  manifest?: string[];
  detection?: "own" | "official";
}) {
  const { url, listed = [], file, manifest = [], detection = "own" } = given;
  const source = fakeSource(file === undefined ? {} : { ".buildpacks": file });
  const config: Record<string, string> = url === undefined ? {} : { BUILDPACK_URL: url };
  const request = {
    app: "a",
    appId: "a",
    buildId: "b",
    source,
    config,
    settings,
    limits,
    buildpacks: { listed, manifest },
  };
  return chooseBuildpacks(request, { official, detection });
}

const settings = { dockerfilePath: "Dockerfile", dockerOptions: [] };
const limits = { cpus: 1, memoryBytes: 2 ** 30 };

suite("Which buildpacks build an app", () => {
  test("BUILDPACK_URL before the list, the list before .buildpacks, that before app.json, and else what fits", async () => {
    const all = { url: "one", listed: ["two"], file: "three\n", manifest: ["four"] };
    const { url, ...withoutUrl } = all;
    const { listed, ...files } = withoutUrl;
    const { file, ...manifest } = files;
    const chosen = [];
    for (const given of [all, withoutUrl, files, manifest]) {
      const choice = await choose(given);
      chosen.push([choice?.from, choice?.mode, choice?.buildpacks[0]]);
    }
    assert.deepEqual(chosen, [
      ["BUILDPACK_URL", "run", { kind: "own", name: "one" }],
      ["buildpacks:list", "run", { kind: "own", name: "two" }],
      [".buildpacks", "run", { kind: "own", name: "three" }],
      ["app.json", "run", { kind: "own", name: "four" }],
    ]);
    assert.equal(await choose({ url: " ", file: "\n# nothing\r\n" }), undefined);
  });

  test("a pushed file cannot name a folder of the host, unless the host's own setting does", async () => {
    for (const given of [{ url: "/etc" }, { file: "file:///etc\n" }, { manifest: ["/srv/packs/../../etc.git"] }]) {
      await assert.rejects(choose(given), { code: "invalid-buildpack", message: /names a folder of the host/ });
    }
    assert.equal((await choose({ listed: ["/etc"] }))?.buildpacks[0]?.kind, "host");
    assert.deepEqual((await choose({ file: "heroku/go" }))?.buildpacks, [
      { kind: "host", path: "/srv/packs/go.git", ref: undefined },
    ]);
  });

  test("the host can have the official ones asked, and a Procfile alone is still enough", async () => {
    const choice = await choose({ detection: "official" });
    assert.equal(choice?.mode, "detect");
    assert.deepEqual(choice?.buildpacks[1], { kind: "host", path: "/srv/packs/nodejs.git", ref: undefined });
    assert.deepEqual(choice?.buildpacks.at(-1), { kind: "own", name: "null" });
  });
});
