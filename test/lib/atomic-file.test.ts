import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { writeFileAtomically } from "../../src/lib/atomic-file.ts";

describe("writeFileAtomically", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-file-"));
    path = join(folder, "file");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("makes a file with the mode it was given, and nothing beside it", async () => {
    await writeFileAtomically(path, "text", 0o600);
    assert.equal(readFileSync(path, "utf8"), "text");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), ["file"]);
  });

  it("replaces a file, and its mode", async () => {
    writeFileSync(path, "old and longer", { mode: 0o644 });
    await writeFileAtomically(path, new Uint8Array([0, 255]), 0o600);
    assert.deepEqual([...readFileSync(path)], [0, 255]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("never shows a reader half a file, nor mixes two writers", async () => {
    const texts = ["a", "b", "c"].map((letter) => letter.repeat(500_000));
    await writeFileAtomically(path, String(texts[0]));
    let writing = true;
    const readers = Array.from({ length: 2 }, async () => {
      while (writing) assert(texts.includes(await readFile(path, "utf8")), "a reader saw half a file");
    });
    for (let round = 0; round < 10; round++) await Promise.all(texts.map((text) => writeFileAtomically(path, text)));
    writing = false;
    await Promise.all(readers);
    assert.deepEqual(readdirSync(folder), ["file"]);
  });

  it("leaves everything as it was when it cannot replace the file", async () => {
    const target = join(folder, "a-folder");
    await writeFileAtomically(path, "untouched");
    await assert.rejects(writeFileAtomically(join(target, "file"), "text"), { code: "ENOENT" });
    // A folder in the place of the file lets only the last step fail.
    mkdirSync(target);
    await assert.rejects(writeFileAtomically(target, "text"));
    assert.deepEqual(readdirSync(folder).sort(), ["a-folder", "file"]);
    assert.equal(readFileSync(path, "utf8"), "untouched");
  });
});
