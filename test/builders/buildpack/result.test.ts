import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseResult } from "../../../src/builders/buildpack/result.ts";

function result(values: { buildpack?: string; procfile?: string; release?: string }): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}: ${key === "buildpack" ? value : Buffer.from(value).toString("base64")}\n`)
    .join("");
}

suite("Result of a build", () => {
  test("the Procfile wins over the buildpack's defaults", () => {
    const release = "---\naddons: []\ndefault_process_types:\n  web: npm start\n  console: node\n";
    const text = result({ buildpack: "nodejs", procfile: "web: node server.js\nworker: node work.js", release });
    assert.deepEqual(parseResult(text), {
      buildpack: "nodejs",
      base: undefined,
      processTypes: { web: "node server.js", console: "node", worker: "node work.js" },
    });
  });

  test("the key of a base is told where there is one", () => {
    assert.equal(parseResult("buildpack: nodejs\nbase: abc123\n").base, "abc123");
  });

  test("neither need be there", () => {
    assert.deepEqual(parseResult(result({ buildpack: "null" })).processTypes, {});
    assert.deepEqual(parseResult(result({ buildpack: "x", release: "--- {}\n" })).processTypes, {});
    assert.deepEqual(parseResult(result({ buildpack: "x", release: "default_process_types:\n" })).processTypes, {});
    assert.deepEqual(parseResult(result({ buildpack: "x", release: "just text" })).processTypes, {});
  });

  test("other lines do not matter", () => {
    assert.equal(parseResult(`warning: something\n${result({ buildpack: "null" })}\n`).buildpack, "null");
  });

  test("a Procfile that cannot be read names its line", () => {
    const text = result({ buildpack: "null", procfile: "web: a\nnonsense" });
    assert.throws(() => parseResult(text), { code: "invalid-procfile", message: /line 2/ });
  });

  for (const release of [
    "default_process_types: [web]",
    "default_process_types: text",
    "default_process_types:\n  web: {a: b}",
    "default_process_types:\n  'a b': c",
    "a: b: c: [",
  ]) {
    test(`a bin/release that prints nonsense fails the build: ${release}`, () => {
      assert.throws(() => parseResult(result({ buildpack: "odd", release })), { code: "build-failed", message: /odd/ });
    });
  }

  test("no result at all is no success", () => {
    assert.throws(() => parseResult(""), /no result/);
  });
});
