import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import pino from "pino";
import { createRepositories } from "../../src/git/bare-repositories.ts";
import { Git } from "../../src/git/git.ts";
import type { Repositories } from "../../src/git/repositories.ts";
import { startGitHost } from "../helpers/git-host.ts";
import { runProcess } from "../helpers/ssh-host.ts";

describe("repositories", () => {
  let root: string;
  let repositories: Repositories;
  before(async () => {
    root = join(await mkdtemp(join(tmpdir(), "berth-repos-")), `with "quotes" and spaces`);
    repositories = createRepositories({ folder: root, logger: pino({ level: "silent" }) });
  });
  after(() => rm(join(root, ".."), { recursive: true, force: true }));

  test("are made once and brought up to date", async () => {
    assert.equal(await repositories.exists("shop"), false);
    await Promise.all([repositories.ensure("shop"), repositories.ensure("shop"), repositories.ensure("other")]);
    assert.equal(await repositories.exists("shop"), true);
    const config = join(repositories.path("shop"), "config");
    const hook = join(root, ".hooks", "pre-receive");
    assert.equal((await stat(hook)).mode & 0o777, 0o755);
    const [before, text] = [await readFile(config, "utf8"), await readFile(hook, "utf8")];
    await writeFile(config, `${before}[receive]\n\tdenyDeletes = true\n`);
    await writeFile(hook, "#!/bin/sh\nexit 0\n");
    await repositories.ensure("shop");
    assert.equal(await readFile(config, "utf8"), before);
    assert.equal(await readFile(hook, "utf8"), text);
    const { stdout } = await runProcess("git", ["-C", repositories.path("shop"), "config", "core.hooksPath"]);
    assert.equal(stdout.trim(), join(root, ".hooks"));
  });

  test("move with their app, and go with it", async () => {
    await repositories.ensure("from");
    await repositories.rename("from", "to");
    assert.deepEqual([await repositories.exists("from"), await repositories.exists("to")], [false, true]);
    await repositories.rename("never-pushed", "elsewhere");
    await assert.rejects(repositories.rename("to", "shop"), /exists already/);
    await repositories.remove("to");
    await repositories.remove("to");
    assert.equal(await repositories.exists("to"), false);
    assert.deepEqual(await readdir(join(root, ".scratch")), []);
  });

  test("of names that would lead elsewhere are refused", () => {
    for (const name of ["../x", "a/b", "", ".hooks", "A"]) {
      assert.throws(() => repositories.path(name), { code: "invalid-app-name" });
    }
  });

  test("that a push reaches other than through the daemon take nothing", async () => {
    await using host = await startGitHost();
    const project = await host.project();
    await host.repositories.ensure("shop");
    const { code, stderr } = await project.git(["push", host.repositories.path("shop"), "main"]);
    assert.equal(code, 1);
    assert.match(stderr, /This repository takes pushes through Berth's ssh server only/);
  });
});

test("git runs without anything of the host's configuration", async () => {
  const folder = await mkdtemp(join(tmpdir(), "berth-gitenv-"));
  const git = join(folder, "git");
  await writeFile(git, "#!/bin/sh\nenv\n");
  await chmod(git, 0o755);
  const listing = await new Git({ gitPath: git, environment: { GIT_SSL_CAINFO: "/ca", PATH: "/evil" } })
    .in(folder)
    .raw(["x"]);
  const names = listing.split("\n").map((line) => line.split("=")[0]);
  assert.ok(listing.includes("GIT_SSL_CAINFO=/ca\n") && listing.includes("HOME=/nonexistent\n"));
  assert.doesNotMatch(listing, /evil/);
  for (const name of ["USER", "GIT_DIR", "SSH_AUTH_SOCK", "XDG_CONFIG_HOME"]) assert.ok(!names.includes(name), name);
  await rm(folder, { recursive: true });
});

test("a hook whose daemon dies in the middle refuses", async () => {
  await using host = await startGitHost();
  await host.repositories.ensure("shop");
  const hook = join(host.folder, "repositories", ".hooks", "pre-receive");
  // 3 is read to its end; 4 and 5 end without a word, as they do when a process dies.
  const script = `echo "a b refs/heads/main" | "$0" 3>/dev/null 4</dev/null 5</dev/null`;
  const { code } = await runProcess("sh", ["-c", script, hook]);
  assert.equal(code, 1);
  const agreed = await runProcess("sh", ["-c", `echo x | "$0" 3>/dev/null 4</dev/null 5<<END\n0\nEND`, hook]);
  assert.equal(agreed.code, 0);
});
