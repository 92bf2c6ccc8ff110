import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { describe, it } from "node:test";
import { LineSplitter } from "../../src/lib/line-splitter.ts";
import { lines } from "../../src/lib/lines.ts";

/** The lines of the text, handed over in pieces of so many bytes. */
function split(text: string | Uint8Array, pieceBytes: number, limit?: number): string[] {
  const found: string[] = [];
  const splitter = new LineSplitter((line) => found.push(line), limit);
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += pieceBytes) splitter.write(bytes.subarray(at, at + pieceBytes));
  splitter.end();
  return found;
}

describe("LineSplitter", () => {
  const cases: Record<string, [text: string, lines: string[]]> = {
    "ends lines at newlines, and a last one at the end": ["a\nb\nc", ["a", "b", "c"]],
    "hands out no line after the last newline": ["a\n", ["a"]],
    "keeps empty lines": ["\n\na\n\n", ["", "", "a", ""]],
    "takes a carriage return and a newline for one end": ["a\r\nb\r\n\r\nc\r", ["a", "b", "", "c"]],
    "takes carriage returns alone for ends, as a progress bar writes them": [
      "10%\r20%\r\rdone\r\n",
      ["10%", "20%", "done"],
    ],
    "keeps characters of several bytes whole": ["é⚓🚀\n日本\n", ["é⚓🚀", "日本"]],
    "keeps other control characters": ["\x1b[1mbold\x1b[0m\ttab\0\n", ["\x1b[1mbold\x1b[0m\ttab\0"]],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    it(`${name}, however the bytes are cut`, () => {
      for (const size of [1, 2, 3, 5, 1000]) assert.deepEqual(split(text, size), expected, `pieces of ${size}`);
    });
  }

  it("replaces bytes that are not UTF-8", () => {
    assert.deepEqual(split(new Uint8Array([0x61, 0xff, 0x0a, 0xe2, 0x9a]), 1), ["a\ufffd", "\ufffd"]);
  });

  it("cuts a line that is longer than the limit, and loses nothing", () => {
    for (const size of [1, 3, 7, 1000]) {
      assert.deepEqual(split("abcdefghij\nk\nabcd\nabcde", size, 4), ["abcd", "efgh", "ij", "k", "abcd", "abcd", "e"]);
    }
  });

  it("does not cut a character in half", () => {
    for (const size of [1, 1000]) assert.deepEqual(split("abc🚀🚀\n", size, 4), ["abc", "🚀🚀"]);
  });

  it("holds no more than a line while it waits for the end of one", () => {
    const splitter = new LineSplitter(() => undefined, 1000);
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 2_000; count++) splitter.write(Buffer.alloc(50_000, 0x61));
    assert(process.memoryUsage().heapUsed - before < 60_000_000);
  });
});

describe("lines", () => {
  it("reads a stream line by line", async () => {
    const found = await Array.fromAsync(lines(Readable.from([Buffer.from("a\nb"), Buffer.from("c\nd")])));
    assert.deepEqual(found, ["a", "bc", "d"]);
  });

  it("hands out a line before the next has come", async () => {
    const source = new PassThrough();
    const reader = lines(source);
    source.write("first\nsec");
    assert.deepEqual(await reader.next(), { done: false, value: "first" });
    source.end("ond");
    assert.deepEqual(await reader.next(), { done: false, value: "second" });
    assert.equal((await reader.next()).done, true);
  });

  it("passes an error of the stream on, after the lines before it", async () => {
    const source = new PassThrough();
    const reader = lines(source);
    source.write("first\n");
    assert.equal((await reader.next()).value, "first");
    const failing = reader.next();
    source.destroy(new Error("broken pipe"));
    await assert.rejects(failing, /broken pipe/);
  });

  it("lets go of the stream when its reader stops early", async () => {
    const source = new PassThrough();
    source.write("a\nb\n");
    for await (const line of lines(source)) {
      assert.equal(line, "a");
      break;
    }
    assert(source.destroyed);
  });
});
