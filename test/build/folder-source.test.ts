import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { suite, type TestContext, test } from "node:test";
import { folderSource, withFile } from "../../src/build/folder-source.ts";
import { readTar } from "../../src/lib/archive/read-tar.ts";

suite("a folder as a source", () => {
  test("has what git would push", async (t) => {
    const folder = await folderOf(t, {
      ".git/HEAD": "",
      ".gitignore": "node_modules/\n*.log\n/secret\n",
      "node_modules/x/index.js": "",
      "a.log": "",
      "sub/.gitignore": "!a.log\nhere\n",
      "sub/a.log": "",
      "sub/here": "",
      "sub/secret": "",
      secret: "",
      Procfile: "",
    });
    const names = await namesOf(await folderSource(folder, { gitignore: true }));
    assert.deepEqual(names, [".gitignore", "Procfile", "sub/.gitignore", "sub/a.log", "sub/secret"]);
  });

  test("is told by the .gitignore of the repository above it", async (t) => {
    const folder = await folderOf(t, { ".git/HEAD": "", ".gitignore": "/apps/web/out\ntmp\n", "apps/web/out": "" });
    for (const name of ["tmp", "index.html"]) await writeFile(join(folder, "apps/web", name), "");
    assert.deepEqual(await namesOf(await folderSource(join(folder, "apps/web"), { gitignore: true })), ["index.html"]);
  });

  test("has all but .git without these rules", async (t) => {
    const folder = await folderOf(t, { ".git/HEAD": "", ".gitignore": "x", x: "" });
    assert.deepEqual(await namesOf(await folderSource(folder, { gitignore: false })), [".gitignore", "x"]);
  });

  test("keeps links, who may execute, contents and long names", async (t) => {
    const long = `${"d".repeat(90)}/${"f".repeat(90)}`;
    const folder = await folderOf(t, { run: "#!/bin/sh\n", empty: "", [long]: "x".repeat(100_000) });
    await chmod(join(folder, "run"), 0o700);
    await symlink("../outside", join(folder, "link"));
    const entries = await entriesOf(await folderSource(folder, { gitignore: true }));
    assert.deepEqual(entries.get("run"), { kind: "file", executable: true, content: "#!/bin/sh\n" });
    assert.deepEqual(entries.get("empty"), { kind: "file", executable: false, content: "" });
    assert.equal(entries.get(long)?.content?.length, 100_000);
    assert.deepEqual(entries.get("link"), { kind: "link", target: "../outside" });
  });

  test("reads files, and has one with another text", async (t) => {
    const source = await folderSource(await folderOf(t, { "a/b": "1", c: "2" }), { gitignore: true });
    assert.equal(await source.has("a/b"), true);
    assert.equal(await source.has("a"), false);
    assert.equal(await source.read("../etc/passwd"), undefined);
    const changed = withFile(source, "a/b", "new");
    assert.equal(await changed.read("a/b"), "new");
    assert.equal((await entriesOf(changed)).get("a/b")?.content, "new");
    assert.equal((await entriesOf(changed)).get("c")?.content, "2");
  });

  test("is refused where there is no such folder", async () => {
    await assert.rejects(folderSource("/no/such/folder", { gitignore: true }), { code: "folder-missing" });
  });
});

type Source = Awaited<ReturnType<typeof folderSource>>;

async function folderOf(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "berth-folder-"));
  t.after(() => rm(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

async function namesOf(source: Source): Promise<string[]> {
  return [...(await entriesOf(source)).keys()];
}

async function entriesOf(source: Source) {
  const found = new Map<string, { kind: string; executable?: boolean; content?: string; target?: string }>();
  await readTar(await source.tar(), { files: 100, bytes: 1e6 }, async (entry) => {
    const { kind, path } = entry;
    if (kind === "link") found.set(path, { kind, target: entry.target });
    if (kind !== "file") return;
    found.set(path, { kind, executable: entry.executable, content: (await buffer(entry.content)).toString() });
  });
  return found;
}
