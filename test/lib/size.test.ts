import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSize, showSize } from "../../src/lib/size.ts";

test("sizes are read as Docker writes them", () => {
  const cases: [string, number | undefined][] = [
    ["0", 0],
    ["512", 512],
    ["10b", 10],
    ["1k", 1024],
    ["512m", 512 * 2 ** 20],
    ["1.5G", 1.5 * 2 ** 30],
    ["2gb", 2 * 2 ** 30],
    ["", undefined],
    ["m", undefined],
    ["-1m", undefined],
    ["1 m", undefined],
    ["1x", undefined],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
});

test("sizes are shown in the unit that keeps them short", () => {
  const shown = [0, 1, 1023, 1024, 1536, 10 * 2 ** 20, 2.25 * 2 ** 30, 3000 * 2 ** 40].map(showSize);
  assert.deepEqual(shown, ["0 B", "1 B", "1023 B", "1.0 kB", "1.5 kB", "10 MB", "2.3 GB", "3000 TB"]);
});
