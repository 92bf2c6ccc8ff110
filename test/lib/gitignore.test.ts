import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseGitignore } from "../../src/lib/gitignore.ts";

suite("the patterns of a .gitignore", () => {
  const cases: [what: string, text: string, path: string, ignored: boolean | undefined][] = [
    ["a name in the folder itself", "dist", "dist", true],
    ["a name further down", "dist", "a/b/dist", true],
    ["nothing of another name", "dist", "distant", undefined],
    ["a star within a name", "*.log", "a/x.log", true],
    ["no slash for a star", "/*.log", "a/x.log", undefined],
    ["a slash at the front as a tie to the folder", "/dist", "a/dist", undefined],
    ["a slash within as a tie to the folder", "a/dist", "b/a/dist", undefined],
    ["two stars over folders", "a/**/z", "a/b/c/z", true],
    ["two stars at the end as all that is within", "a/**", "a/b", true],
    ["what an exclamation mark takes back", "*.log\n!keep.log", "keep.log", false],
    ["the last of several", "!x\nx", "x", true],
    ["no comment", "# x\n", "# x", undefined],
    ["a comment sign behind a backslash", "\\#x", "#x", true],
    ["no blanks at the end", "x  ", "x", true],
    ["a bracket, also of what it is not", "[!a]x", "bx", true],
    ["a bracket without end as nothing", "[x", "[x", undefined],
    ["lines that end as on Windows", "x\r\ny\r\n", "x", true],
  ];
  for (const [what, text, path, ignored] of cases) {
    test(`know ${what}`, () => assert.equal(parseGitignore(text)(path, false), ignored));
  }

  test("with a slash at the end are about folders only", () => {
    const rules = parseGitignore("out/");
    assert.equal(rules("a/out", true), true);
    assert.equal(rules("a/out", false), undefined);
  });
});
