import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { suite, type TestContext, test } from "node:test";
import { createRepositories } from "../../src/git/bare-repositories.ts";
import type { EntrySource } from "../../src/git/repositories.ts";
import type { ArchiveEntry } from "../../src/lib/archive/archive.ts";
import { createLogger } from "../../src/lib/logger.ts";
import { runOk } from "../helpers/berth.ts";
import { never } from "../schedulers/contract.ts";

const author = { name: "Ann", email: "ann@example.com" };

function file(path: string, content: string, executable = false): ArchiveEntry {
  const bytes = Buffer.from(content);
  return { kind: "file", path, size: bytes.length, executable, content: Readable.from([bytes]) };
}

const telling =
  (...entries: ArchiveEntry[]): EntrySource =>
  async (onEntry) => {
    for (const entry of entries) await onEntry(entry);
  };

async function repository(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "berth-import-"));
  t.after(() => rm(folder, { recursive: true }));
  const repositories = createRepositories({ folder, logger: await createLogger("silent", false) });
  const git = (...args: string[]) => runOk("git", ["-C", repositories.path("shop"), "-c", "safe.directory=*", ...args]);
  const take = (read: EntrySource, signal = never) =>
    repositories.importCommit("shop", { branch: "main", read, message: "an archive", author }, signal);
  return { repositories, git, take };
}

suite("Commits of files that were not pushed", () => {
  test("have the files with their modes, links, and names of any kind, on top of the branch", async (t) => {
    const { repositories, git, take } = await repository(t);
    const odd = 'q"uo\\te\nline ü';
    const first = await take(
      telling(
        file("run", "#!/bin/sh\n", true),
        file("a/b.txt", "one"),
        file(odd, "odd"),
        file("empty", ""),
        { kind: "link", path: "l", target: "a/b.txt" },
        { kind: "copy", path: "c", of: "run" },
      ),
    );
    const listed = await git("ls-tree", "-r", "-z", first);
    const expected = [`100644 a/b.txt`, `100755 c`, `100644 empty`, `120000 l`, `100644 ${odd}`, `100755 run`];
    assert.deepEqual(
      listed
        .split("\0")
        .slice(0, -1)
        .map((line) => line.replace(/ blob \w+\t/, " ")),
      expected,
    );
    assert.equal(await git("show", `${first}:a/b.txt`), "one");
    assert.equal(await git("log", "-1", "--format=%an <%ae> %s", first), "Ann <ann@example.com> an archive\n");
    assert.equal(await git("for-each-ref"), "", "no branch has moved, and nothing is left over");

    await repositories.advance("shop", "main", first);
    assert.equal((await git("rev-parse", "main")).trim(), first);
    assert.equal(await (await repositories.source("shop", first)).read("a/b.txt"), "one");
    const second = await take(telling(file("only", "x")));
    assert.equal((await git("rev-parse", `${second}^`)).trim(), first);
    assert.equal(await git("ls-tree", "-r", "--name-only", second), "only\n");
    await repositories.advance("shop", "main", second);
    await assert.rejects(repositories.advance("shop", "main", second), /update-ref|cannot lock/);
    await assert.rejects(take(telling(file("only", "x"))), { code: "nothing-changed" });
  });

  test("leave out the one folder that everything is in, and what git keeps for itself", async (t) => {
    const { git, take } = await repository(t);
    const commit = await take(
      telling(file("shop-1.2/.git/config", "x"), file("shop-1.2/a", "1"), {
        kind: "link",
        path: "shop-1.2/l",
        target: "a",
      }),
    );
    assert.equal(await git("ls-tree", "-r", "--name-only", commit), "a\nl\n");
  });

  test("are not made of links that leave the tree, nor of nothing", async (t) => {
    const { git, take } = await repository(t);
    const link = (path: string, target: string): ArchiveEntry => ({ kind: "link", path, target });
    const unsafe = { name: "ArchiveError", code: "archive-unsafe" };
    await assert.rejects(take(telling(file("a", ""), link("l", "../x"))), { ...unsafe, message: /'l' to '\.\.\/x'/ });
    await assert.rejects(take(telling(file("a", ""), link("l", "/etc/passwd"))), unsafe);
    // Inside of the archive, but not of what is left when its folder is gone.
    await assert.rejects(take(telling(file("top/a", ""), link("top/l", "../top/a"))), unsafe);
    await assert.rejects(take(telling({ kind: "copy", path: "c", of: "absent" })), unsafe);
    await assert.rejects(take(telling()), { code: "archive-empty" });
    assert.equal(await git("for-each-ref"), "");
  });

  test("end with their caller, and with what goes wrong on the way", async (t) => {
    const { take, repositories } = await repository(t);
    await assert.rejects(take(telling(file("a", "")), AbortSignal.abort(new Error("gone"))), /gone/);
    const broken: EntrySource = async (onEntry) => {
      await onEntry(file("a", randomBytes(4_000_000).toString("hex")));
      throw new Error("the network is gone");
    };
    await assert.rejects(take(broken), /the network is gone/);
    const left = await readdir(repositories.path("shop"), { recursive: true });
    assert.deepEqual(
      left.filter((name) => /tmp_|crash/.test(name)),
      [],
    );
  });
});
