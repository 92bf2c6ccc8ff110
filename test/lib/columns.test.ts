import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { columns } from "../../src/lib/columns.ts";
import { displayWidth } from "../../src/lib/display-width.ts";

describe("columns", () => {
  it("makes each column as wide as its widest cell, without blanks at the ends of lines", () => {
    const rows = [
      ["NAME", "KIND", "NOTE"],
      ["a", "long kind", ""],
      ["longer", "", "x"],
    ];
    assert.deepEqual(columns(rows), ["NAME    KIND       NOTE", "a       long kind", "longer             x"]);
    assert.deepEqual(columns([["a", "b"]], 4), ["a    b"]);
  });

  it("takes rows of different lengths, and none at all", () => {
    assert.deepEqual(columns([["a"], ["bb", "c"], []]), ["a", "bb  c", ""]);
    assert.deepEqual(columns([]), []);
  });

  it("aligns what is wider or narrower on a terminal than in memory", () => {
    const rows = [
      ["日本", "|"],
      ["⚓️", "|"],
      ["e\u0301", "|"],
      ["👩‍👩‍👧", "|"],
      ["abcd", "|"],
    ];
    assert.deepEqual(columns(rows, 1), ["日本 |", "⚓️   |", "e\u0301    |", "👩‍👩‍👧   |", "abcd |"]);
  });

  it("shows control characters instead of obeying them", () => {
    assert.deepEqual(columns([["a\nb\tc", "\x1b[31m\x7f\x9b"]]), ["a␊b␉c  ␛[31m␡\ufffd"]);
  });
});

describe("displayWidth", () => {
  const widths: Record<string, number> = {
    "": 0,
    plain: 5,
    é: 1,
    "e\u0301": 1,
    日本語: 6,
    한글: 4,
    ｆｕｌｌ: 8,
    "🚀": 2,
    "🇩🇪": 2,
    "⚓": 2,
    "✓ ok": 4,
    "├─": 2,
    "\u200b": 0,
    "1": 1,
    "→": 1,
  };
  for (const [text, width] of Object.entries(widths)) {
    it(`of ${JSON.stringify(text)} is ${width}`, () => assert.equal(displayWidth(text), width));
  }
});
