import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { suite, type TestContext, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Headers, pack } from "tar-stream";
import type { ArchiveLimits } from "../../../src/lib/archive/archive.ts";
import { readArchive } from "../../../src/lib/archive/read-archive.ts";
import { makeZip } from "../../helpers/zip.ts";

type Entry = Headers & { readonly content?: string };

async function tarOf(...entries: Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry(header, content ?? "");
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar as unknown as Readable) parts.push(part);
  return Buffer.concat(parts);
}

const roomy = { files: 100, bytes: 1_000_000 };

async function read(t: TestContext, archive: Buffer | Readable, limits: ArchiveLimits = roomy): Promise<string[]> {
  const scratch = await mkdtemp(join(tmpdir(), "berth-archive-"));
  t.after(() => rm(scratch, { recursive: true }));
  // In pieces that fall on no boundary.
  const stream = Buffer.isBuffer(archive)
    ? Readable.from(
        Array.from({ length: Math.ceil(archive.length / 700) }, (_, i) => archive.subarray(i * 700, i * 700 + 700)),
      )
    : archive;
  const told: string[] = [];
  try {
    await readArchive({ stream, limits, scratch }, async (entry) => {
      if (entry.kind === "link") told.push(`${entry.path} -> ${entry.target}`);
      else if (entry.kind === "copy") told.push(`${entry.path} = ${entry.of}`);
      else {
        const content = await text(entry.content);
        assert.equal(Buffer.byteLength(content), entry.size);
        told.push(`${entry.path}${entry.executable ? "*" : ""} ${content}`);
      }
    });
  } finally {
    assert.deepEqual(await readdir(scratch), []);
    assert.ok(stream.destroyed);
  }
  return told;
}

const files: Entry[] = [
  { name: "./a/", type: "directory" },
  { name: "./a/b", content: "one" },
  { name: "run", mode: 0o755, content: "two" },
  { name: "l", type: "symlink", linkname: "a/b" },
  { name: "h", type: "link", linkname: "./a/b" },
  { name: `${"deep/".repeat(40)}x`, content: "" },
];
const told = ["a/b one", "run* two", "l -> a/b", "h = a/b", `${"deep/".repeat(40)}x `];

suite("Reading an archive", () => {
  test("a tar has its files, links and modes", async (t) => {
    assert.deepEqual(await read(t, await tarOf(...files)), told);
  });

  test("gzip and zstd are found out", async (t) => {
    const tar = await tarOf(...files);
    assert.deepEqual(await read(t, gzipSync(tar)), told);
    assert.deepEqual(await read(t, zstdCompressSync(tar)), told);
  });

  test("so is a zip, with its modes and links", async (t) => {
    const zip = makeZip([
      { name: "a/" },
      { name: "a/b", content: "one" },
      { name: "run", content: "two", mode: 0o100755 },
      { name: "l", content: "a/b", mode: 0o120777 },
    ]);
    assert.deepEqual(await read(t, zip), ["a/b one", "run* two", "l -> a/b"]);
  });

  const unsafe: [what: string, entry: Entry, message: RegExp][] = [
    ["an absolute path", { name: "/etc/passwd", content: "x" }, /absolute paths: '\/etc\/passwd'/],
    ["a path upwards", { name: "a/../../b", content: "x" }, /parent directory traversal: 'a\/\.\.\/\.\.\/b'/],
    ["a character device", { name: "dev/null", type: "character-device" }, /a device: 'dev\/null'/],
    ["a block device", { name: "sda", type: "block-device" }, /a device: 'sda'/],
    ["a named pipe", { name: "pipe", type: "fifo" }, /a named pipe: 'pipe'/],
    ["a hard link upwards", { name: "x", type: "link", linkname: "../x" }, /parent directory traversal/],
    ["a hard link to the host", { name: "x", type: "link", linkname: "/etc/passwd" }, /absolute paths/],
  ];
  for (const [what, entry, message] of unsafe) {
    test(`${what} is refused by its name`, async (t) => {
      const archive = await tarOf({ name: "fine", content: "1" }, entry, { name: "after", content: "x".repeat(5000) });
      const expected = { name: "ArchiveError", code: "archive-unsafe", message };
      await assert.rejects(read(t, archive), expected);
      await assert.rejects(read(t, gzipSync(archive)), expected);
    });
  }

  for (const name of ["/abs", "../up", "a/../../b", "..\\up", "C:\\x", "C:/x"]) {
    test(`a zip with ${name} is refused by that name`, async (t) => {
      const shown = name.replaceAll("\\", "/");
      const expected = { code: "archive-unsafe", message: new RegExp(`^Archive contains entries with .*'${shown}'$`) };
      await assert.rejects(read(t, makeZip([{ name, content: "x" }])), expected);
    });
  }

  test("a device in a zip is refused", async (t) => {
    await assert.rejects(read(t, makeZip([{ name: "d", mode: 0o20644 }])), { code: "archive-unsafe", message: /'d'/ });
  });

  test("too many files, too many bytes, and a small archive of something large are refused", async (t) => {
    const tooLarge = { name: "ArchiveError", code: "archive-too-large" };
    const many = await tarOf(...["a", "b", "c"].map((name) => ({ name, content: "x" })));
    await assert.rejects(read(t, many, { files: 2, bytes: 100_000 }), tooLarge);
    const zeros = await tarOf({ name: "zeros", content: "\0".repeat(500_000) });
    await assert.rejects(read(t, zeros, { files: 10, bytes: 400_000 }), tooLarge);
    const packed = gzipSync(zeros);
    assert.ok(packed.length < 2000);
    await assert.rejects(read(t, packed, { files: 10, bytes: 400_000 }), tooLarge);
    const zip = makeZip([{ name: "a", content: "x".repeat(5000) }]);
    await assert.rejects(read(t, zip, { files: 10, bytes: 4000 }), tooLarge);
  });

  test("an entry with a size below nothing does not make room for others", async (t) => {
    const tar = await tarOf({ name: "x", pax: { size: "-5" } } as Entry, { name: "y", content: "y" });
    await assert.rejects(read(t, tar), { code: "archive-unreadable", message: /the size of 'x'/ });
  });

  test("a header that says it has gigabytes is not waited for", async (t) => {
    const [entry] = [await tarOf({ name: "x", pax: { path: "y".repeat(300) } } as Entry)];
    const head = Buffer.from(entry.subarray(0, 512));
    // Its size, and with it the sum.
    head.write("77777777777", 124, "latin1");
    head.fill(" ", 148, 156);
    head.write(head.reduce((sum, byte) => sum + byte, 0).toString(8), 148, "latin1");
    let sent = 0;
    const endless = async function* () {
      yield head;
      for (; ; sent += 1) yield Buffer.alloc(1024 * 1024);
    };
    const archive = Readable.from(endless(), { objectMode: false });
    const limits = { files: 10, bytes: 2 ** 40 };
    await assert.rejects(read(t, archive, limits), { code: "archive-unreadable", message: /no file/ });
    assert.ok(sent < 40, `${sent} MB were read`);
  });

  test("what is no archive, or breaks off, is unreadable", async (t) => {
    const unreadable = { name: "ArchiveError", code: "archive-unreadable" };
    await assert.rejects(read(t, Buffer.from("hello")), unreadable);
    await assert.rejects(read(t, Buffer.alloc(0)), unreadable);
    await assert.rejects(read(t, Buffer.from("PK\x03\x04 not a zip")), unreadable);
    const packed = gzipSync(await tarOf({ name: "a", content: "x".repeat(100) }));
    await assert.rejects(read(t, packed.subarray(0, packed.length - 20)), unreadable);
    await assert.rejects(read(t, Buffer.concat([packed.subarray(0, 20), Buffer.from("garbage")])), unreadable);
  });

  test("a stream that fails tells its own reason", async (t) => {
    const tar = await tarOf({ name: "a", content: "x".repeat(5000) });
    const failing = Readable.from(
      (async function* () {
        yield tar.subarray(0, 2000);
        throw new Error("the caller has gone");
      })(),
    );
    await assert.rejects(read(t, failing), /the caller has gone/);
  });
});
