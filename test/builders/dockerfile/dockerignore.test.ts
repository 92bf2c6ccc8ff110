import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseDockerignore } from "../../../src/builders/dockerfile/dockerignore.ts";

suite(".dockerignore", () => {
  const cases: [patterns: string, ignored: string[], kept: string[]][] = [
    ["node_modules", ["node_modules", "node_modules/a/b"], ["x/node_modules", "node_modules2"]],
    ["/node_modules/", ["node_modules/a"], ["x/node_modules"]],
    ["**/node_modules", ["node_modules", "a/b/node_modules/c"], ["a/node_modules2"]],
    ["*.md\n!README.md", ["a.md"], ["README.md", "sub/a.md"]],
    ["!README.md\n*.md", ["README.md"], []],
    ["docs/**\n!docs/keep/", ["docs/a", "docs/x/y"], ["docs/keep/z", "docs"]],
    ["*/temp*", ["a/temporary.txt", "a/temp/b"], ["a/b/temp", "temp"]],
    ["temp?", ["tempa"], ["temp", "tempab"]],
    ["[a-c].txt", ["b.txt"], ["d.txt"]],
    ["# comment\n\n.", [], ["# comment", "a"]],
    ["a.b+(c)", ["a.b+(c)"], ["aXb+(c)"]],
    ["**", ["a", "a/b"], []],
    ["./x\r\ny\r\n", ["x", "y/z"], []],
    ["[", [], ["a", "["]],
    ["a/**/b", ["a/b", "a/x/y/b/c"], ["a/xb", "ab"]],
    ["a**z", ["a/x/z", "az"], ["a/x/y"]],
    ["é?[^a]", ["éxb"], ["éxa", "éx/"]],
    ["[\\]", [], ["\\"]],
  ];
  for (const [patterns, ignored, kept] of cases) {
    test(JSON.stringify(patterns), () => {
      const isIgnored = parseDockerignore(patterns);
      assert.deepEqual(
        ignored.filter((path) => !isIgnored(path)),
        [],
        "should be ignored",
      );
      assert.deepEqual(kept.filter(isIgnored), [], "should be kept");
    });
  }

  test("a pattern that is made to be slow is not", () => {
    const isIgnored = parseDockerignore(`${"**/".repeat(500)}x\n${"*a".repeat(500)}x`);
    assert.equal(isIgnored(`${"a/".repeat(500)}y`), false);
    assert.equal(isIgnored(`${"a/".repeat(500)}x`), true);
    assert.equal(isIgnored(`${"a".repeat(1000)}y`), false);
  });

  test("one that is too long is refused", () => {
    assert.throws(() => parseDockerignore("a\n".repeat(20_000)), { code: "dockerignore-too-long" });
  });
});
