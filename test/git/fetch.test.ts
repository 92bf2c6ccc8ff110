import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import pino from "pino";
import { createRepositories } from "../../src/git/bare-repositories.ts";
import type { GitCredentials } from "../../src/git/credentials.ts";
import { defaultSearchPath } from "../../src/git/git.ts";
import { createHostCredentials, credentialEnvironment } from "../../src/git/host-credentials.ts";
import type { Repositories } from "../../src/git/repositories.ts";
import type { UserError } from "../../src/model/errors.ts";
import { type GitHost, type Project, startGitHost } from "../helpers/git-host.ts";
import { serveGit } from "../helpers/git-web.ts";
import { afterSuite } from "../helpers/suite.ts";

const never = new AbortController().signal;

describe("fetching from other git servers", () => {
  const cleanUp = afterSuite();
  let host: GitHost;
  let project: Project;
  let first: string;
  let second: string;
  let folder: string;
  let repositories: Repositories;
  let credentials: GitCredentials;
  let sshUrl: string;

  before(async () => {
    host = await startGitHost();
    project = await host.project({ Procfile: "web: one\n" });
    first = await project.must("rev-parse", "HEAD");
    await project.must("tag", "-a", "v1", "-m", "one");
    await project.must("branch", "other");
    second = await project.commit({ Procfile: "web: two\n" });
    await project.must("push", "-q", host.url("origin"), "main", "other", "v1");
    folder = await mkdtemp(join(tmpdir(), "berth-fetch-"));
    const logger = pino({ level: "silent" });
    credentials = createHostCredentials({ folder: join(folder, "it's git"), searchPath: defaultSearchPath });
    const environment = credentialEnvironment(join(folder, "it's git"));
    repositories = createRepositories({ folder: join(folder, "repositories"), logger, credentials: environment });
    sshUrl = `ssh://git@127.0.0.1:${host.ssh.port}/origin`;
  });
  after(async () => {
    await host[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const fetch = (url: string, ref?: string) => repositories.fetch("mine", { url, ref }, never);
  async function failure(url: string, ref?: string): Promise<{ code: string; message: string; hint: string }> {
    const error = await fetch(url, ref).then(
      () => assert.fail("it was fetched"),
      (reason: unknown) => reason as UserError,
    );
    return { code: error.code, message: error.message, hint: error.hint ?? "" };
  }

  test("by ssh each thing that is missing is named with the command that brings it", async () => {
    const unknown = await failure(sshUrl);
    assert.equal(unknown.code, "repository-unreachable");
    assert.ok(unknown.hint.endsWith(`git:allow-host 127.0.0.1:${host.ssh.port}`), JSON.stringify(unknown));
    const fingerprints = await credentials.allowHost(`127.0.0.1:${host.ssh.port}`);
    assert.ok(
      fingerprints.some((line) => /^256 SHA256:\S+ .*\(ED25519\)$/.test(line)),
      fingerprints.join("\n"),
    );
    assert.equal(await credentials.publicKey(), undefined);
    const noKey = await failure(sshUrl);
    assert.match(noKey.hint, /git:public-key, or make one first: git:generate-deploy-key/);
    const key = await credentials.generateKey();
    assert.match(key, /^ssh-ed25519 \S+ berth$/);
    assert.match((await failure(sshUrl)).hint, /git:public-key/);
    host.ssh.letIn(key, "deployer");
    assert.deepEqual(await fetch(sshUrl), { commit: second, branch: "main" });
    assert.notEqual(await credentials.generateKey(), key);
    host.ssh.letIn((await credentials.publicKey()) ?? "", "deployer");
    assert.deepEqual(await fetch(sshUrl, "other"), { commit: first, branch: "other" });
  });

  test("a branch, a tag, a commit and the server's own branch are found, and no branch moves by that", async () => {
    const web = await serveGit(cleanUp, join(host.folder, "repositories"));
    const url = `${web.url}/origin.git`;
    assert.deepEqual(await fetch(url), { commit: second, branch: "main" });
    assert.deepEqual(await fetch(url, "other"), { commit: first, branch: "other" });
    assert.deepEqual(await fetch(url, "refs/heads/other"), { commit: first, branch: "other" });
    assert.deepEqual(await fetch(url, "v1"), { commit: first, branch: undefined });
    assert.deepEqual(await fetch(url, first), { commit: first, branch: undefined });
    assert.equal(await repositories.tip("mine", "main"), undefined);
    await repositories.setBranch("mine", "main", second);
    assert.equal(await repositories.tip("mine", "main"), second);
    assert.equal(await (await repositories.source("mine", second)).read("Procfile"), "web: two\n");
    const missing = await failure(url, "nope");
    assert.deepEqual([missing.code, missing.hint], ["ref-missing", "Its branches are: main, other"]);
    assert.equal((await failure(url, "1".repeat(40))).code, "ref-missing");
  });

  test("a password is asked for by name, kept for its host alone, and never shown", async () => {
    const web = await serveGit(cleanUp, join(host.folder, "repositories"), "s3cret");
    const url = `${web.url}/origin.git`;
    const asked = await failure(url);
    assert.match(asked.hint, /git:auth 127\.0\.0\.1 USER PASSWORD/);
    await credentials.setPassword("elsewhere.example", "user", "s3cret");
    assert.equal((await failure(url)).code, "repository-unreachable");
    await credentials.setPassword("127.0.0.1", "user", "wrong");
    assert.doesNotMatch(JSON.stringify(await failure(url)), /wrong/);
    await credentials.setPassword("127.0.0.1", "user", "s3cret");
    assert.deepEqual(await fetch(url), { commit: second, branch: "main" });
    assert.deepEqual(await credentials.password("127.0.0.1"), { host: "127.0.0.1", user: "user", password: "s3cret" });
    const netrc = join(folder, "it's git", ".netrc");
    assert.equal((await stat(netrc)).mode & 0o777, 0o600);
    assert.match(await readFile(netrc, "utf8"), /^machine elsewhere\.example login user password s3cret$/m);
    assert.equal(await credentials.removePassword("127.0.0.1"), true);
    assert.equal(await credentials.removePassword("127.0.0.1"), false);
    assert.equal((await failure(url)).code, "repository-unreachable");
    await assert.rejects(credentials.setPassword("a", "x", "two\nmachine b"), { code: "invalid-credentials" });
    const withPassword = await failure(url.replace("://", "://user:hunter2@"));
    assert.doesNotMatch(JSON.stringify(withPassword), /hunter2/);
  });

  for (const url of [
    "/etc",
    "file:///etc",
    "ext::sh -c id",
    "--upload-pack=id",
    "-oProxyCommand=id@h:x",
    "https://",
    "",
  ]) {
    test(`'${url}' is no address`, async () => {
      assert.equal((await failure(url)).code, "invalid-repository-url");
    });
  }

  test("a ref that looks like an option is no ref", async () => {
    const web = await serveGit(cleanUp, join(host.folder, "repositories"));
    assert.equal((await failure(`${web.url}/origin.git`, "--upload-pack=id")).code, "ref-missing");
  });

  test("a host that is none is refused, and one without ssh is named", async () => {
    await assert.rejects(credentials.allowHost("-oProxyCommand=id"), { code: "invalid-host" });
    await assert.rejects(credentials.allowHost("127.0.0.1:1"), { code: "host-unreachable" });
  });
});
