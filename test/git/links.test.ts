import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { leavesTree } from "../../src/git/links.ts";

suite("Links that leave a tree", () => {
  const cases: [links: Record<string, string>, leaving: string[]][] = [
    [{ "a/l": "../b", l: "a/b/../c", x: "." }, []],
    [{ l: "/etc/passwd" }, ["l"]],
    [{ l: "..", "a/l": "../../x", "a/m": "b/../../../x" }, ["l", "a/l", "a/m"]],
    [{ d: ".", l: "d/d/../x" }, ["l"]],
    [{ out: "/", l: "out/etc" }, ["out", "l"]],
    [{ a: "b", b: "a" }, []],
    [{ l: "nowhere" }, []],
  ];
  for (const [links, leaving] of cases) {
    test(JSON.stringify(links), () => {
      const map = new Map(Object.entries(links));
      assert.deepEqual(
        [...map.keys()].filter((path) => leavesTree(path, map)),
        leaving,
      );
    });
  }
});
