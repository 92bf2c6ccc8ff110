import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { type GitHost, startGitHost } from "../helpers/git-host.ts";

describe("a receiver of the host's own", () => {
  let host: GitHost;
  before(async () => {
    host = await startGitHost();
  });
  afterEach(() => rm(dirname(host.receiver), { recursive: true, force: true }));
  after(() => host[Symbol.asyncDispose]());

  async function install(script: string, mode = 0o755): Promise<void> {
    await mkdir(dirname(host.receiver), { recursive: true });
    await writeFile(host.receiver, `#!/bin/sh\n${script}\n`, { mode });
  }
  const tipOf = async (app: string): Promise<string> =>
    (await host.git(host.repositories.path(app), ["rev-parse", "-q", "--verify", "refs/heads/main"])).stdout.trim();

  test("gets repository, revision, user, fingerprint and the files, and nothing is deployed", async () => {
    const seen = join(host.folder, "seen");
    await install(
      `mkdir '${seen}' && tar -xf - -C '${seen}' && echo "$*" >'${seen}/words'; echo took it; echo well >&2`,
    );
    const project = await host.project({ "a file": "hello\n" });
    const commit = await project.must("rev-parse", "HEAD");
    const { code, stderr } = await project.git(["push", host.url("own"), "main"]);
    assert.equal(code, 0, stderr);
    assert.match(await readFile(join(seen, "words"), "utf8"), new RegExp(`^own ${commit} alice SHA256:[\\w+/]{43}\n$`));
    assert.equal(await readFile(join(seen, "a file"), "utf8"), "hello\n");
    assert.match(stderr, /remote: took it/);
    assert.match(stderr, /remote: well/);
    assert.doesNotMatch(stderr, /Application deployed/);
    assert.deepEqual(host.operations.deploys, []);
    assert.equal(await tipOf("own"), commit);
  });

  test("refuses the push by its exit code, also when it reads nothing", async () => {
    await install("echo not today; exit 3");
    const project = await host.project({ large: "x".repeat(1_000_000) });
    const { code, stderr } = await project.git(["push", host.url("refused"), "main"]);
    assert.equal(code, 1);
    assert.match(stderr, /remote: not today/);
    assert.match(stderr, /remote: {2}! {5}The receiver of this host refused the push: it ended with exit code 3/);
    assert.equal(await tipOf("refused"), "");
  });

  test("says how it failed where it did not end by itself, and its letters come whole", async () => {
    await install("printf 'gr\\303'; sleep 0.3; printf '\\274n\\n'; kill -9 $$");
    const project = await host.project();
    const { code, stderr } = await project.git(["push", host.url("killed"), "main"]);
    assert.equal(code, 1);
    assert.match(stderr, /remote: grün/);
    assert.match(stderr, /The receiver of this host failed: it was killed by SIGKILL/);
  });

  test("is not passed over when it cannot be run", async () => {
    await install("exit 0", 0o644);
    const project = await host.project();
    const { code, stderr } = await project.git(["push", host.url("sleepy"), "main"]);
    assert.equal(code, 1);
    assert.match(stderr, /it is not executable/);
    assert.deepEqual(host.operations.deploys, []);
  });
});
