import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../src/model/errors.ts";
import { run, runOk } from "../helpers/berth.ts";
import { type GitHost, type Project, projectIn, startGitHost, unpack } from "../helpers/git-host.ts";

describe("git push", () => {
  let host: GitHost;
  let names = 0;
  before(async () => {
    host = await startGitHost();
  });
  after(async () => {
    await host[Symbol.asyncDispose]();
    assert.deepEqual(
      host.ssh.problems.filter((line) => !line.includes("planned")),
      [],
    );
  });
  const newApp = (): string => {
    host.operations.script = async () => undefined;
    return `app-${++names}`;
  };
  const push = (project: Project, app: string, ...refs: string[]) =>
    project.git(["push", host.url(app), ...(refs.length > 0 ? refs : ["main"])]);
  const tipOf = async (app: string, ref: string): Promise<string> =>
    (await host.git(host.repositories.path(app), ["rev-parse", "-q", "--verify", ref])).stdout.trim();
  const deploysOf = (app: string) => host.operations.deploys.filter((deploy) => deploy.app === app);

  for (const [place, room] of Object.entries({ "for the objects": 256, "for anything": 0 })) {
    test(`says in a sentence that a full disk has no room ${place}`, async (t) => {
      const app = newApp();
      const project = await host.project();
      assert.equal((await push(project, app)).code, 0);
      const { repositories } = host;
      const path = repositories.path(app);
      const copy = `${path}.copy`;
      await runOk("cp", ["-a", path, copy]);
      await runOk("mount", ["-t", "tmpfs", "-o", "size=1m", "berth-test", path]);
      t.after(() => runOk("umount", ["-l", path]));
      await runOk("cp", ["-a", `${copy}/.`, path]);
      await run("dd", ["if=/dev/zero", `of=${join(path, "filler")}`, "bs=4k"]);
      await truncate(join(path, "filler"), (await stat(join(path, "filler"))).size - room * 1024);
      await writeFile(join(project.folder, "large"), randomBytes(2_000_000));
      await project.commit({});
      const { code, stderr } = await push(project, app);
      assert.notEqual(code, 0);
      assert.match(stderr, /^(remote: )? ! {5}A disk of this host is full: this could not be done\s*$/m);
      assert.doesNotMatch(stderr, /No space left on device|Something went wrong inside Berth/);
    });
  }

  test("the first one makes app and repository, deploys, and says where the app is", async () => {
    const app = newApp();
    const project = await host.project();
    const commit = await project.must("rev-parse", "HEAD");
    host.operations.script = async ({ source }, { progress }) => {
      progress.step("Building with null");
      progress.detail(`Procfile: ${await source.read("Procfile")}`.trim());
      progress.line("as it is");
      progress.warn("careful");
    };
    const { code, stderr } = await push(project, app);
    assert.equal(code, 0, stderr);
    const lines = stderr.split("\n").filter((line) => line.startsWith("remote: "));
    assert.deepEqual(
      lines.map((line) => line.slice(8).trimEnd()),
      [
        "-----> Building with null",
        "       Procfile: web: run",
        "as it is",
        " !     careful",
        "-----> Set main as deploy-branch",
        "=====> Application deployed:",
        `       http://${app}.example.test`,
        "",
      ],
    );
    assert.deepEqual(deploysOf(app), [{ app, commit, actor: "alice" }]);
    assert.equal(await tipOf(app, "refs/heads/main"), commit);
    assert.equal(host.operations.properties.get(app), "main");
    assert.equal(await readFile(join(host.repositories.path(app), "HEAD"), "utf8"), "ref: refs/heads/main\n");
  });

  test("paths with slashes, a tilde or .git name the same app", async () => {
    const app = newApp();
    const project = await host.project();
    for (const url of [
      `ssh://x@127.0.0.1/${app}.git`,
      `ssh://x@127.0.0.1/~/${app}`,
      `x@127.0.0.1:${app}`,
      `x@127.0.0.1:/${app}/`,
    ]) {
      await project.commit({ [url.length.toString()]: url });
      const { code, stderr } = await project.git(["push", url, "main"]);
      assert.equal(code, 0, stderr);
    }
    assert.equal(deploysOf(app).length, 4);
  });

  test("what the build says arrives while it builds", async () => {
    const app = newApp();
    const project = await host.project();
    let release = (): void => undefined;
    host.operations.script = async (_input, { progress }) => {
      progress.step("First line");
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      progress.step("Second line");
    };
    let early = false;
    const { code } = await project.git(["push", host.url(app), "main"], {
      onOutput: (text) => {
        if (!text.includes("First line")) return;
        early = !text.includes("Second line");
        release();
      },
    });
    assert.equal(code, 0);
    assert.ok(early);
  });

  test("a failed build rejects the branch and leaves nothing of the push", async () => {
    const app = newApp();
    const project = await host.project();
    await push(project, app);
    const served = await tipOf(app, "refs/heads/main");
    host.operations.script = async (_input, { progress }) => {
      progress.step("Trying");
      throw new UserError("build-failed", "The build failed", {
        hint: "Look at the lines above",
        details: ["npm said no"],
      });
    };
    const commit = await project.commit({ next: "1" });
    const { code, stderr } = await push(project, app);
    assert.equal(code, 1);
    assert.match(stderr, /remote: {8}npm said no/);
    assert.match(stderr, /remote: {2}! {5}The build failed/);
    assert.match(stderr, /remote: {2}! {5}Look at the lines above/);
    assert.match(stderr, /\[remote rejected\] main -> main \(pre-receive hook declined\)/);
    assert.equal(await tipOf(app, "refs/heads/main"), served);
    assert.notEqual((await host.git(host.repositories.path(app), ["cat-file", "-e", commit])).code, 0);
    assert.deepEqual(await quarantines(host, app), []);
    host.operations.script = async () => undefined;
    assert.equal((await push(project, app)).code, 0);
    assert.equal(await tipOf(app, "refs/heads/main"), commit);
  });

  test("a bug in a deploy rejects the push with an id, not with its text", async () => {
    const app = newApp();
    host.operations.script = async () => {
      throw new Error("planned: secret");
    };
    const { code, stderr } = await push(await host.project(), app);
    assert.equal(code, 1);
    assert.match(stderr, /! {5}Something went wrong inside Berth; its log has the reason under [0-9a-f]{8}/);
    assert.doesNotMatch(stderr, /secret/);
  });

  test("another branch is kept but not deployed, and the way to deploy it is shown", async () => {
    const app = newApp();
    const project = await host.project();
    const { code, stderr } = await push(project, app, "main:feature/x");
    assert.equal(code, 0);
    assert.match(
      stderr,
      new RegExp(`-----> Nothing was deployed: 'feature/x' was pushed, and ${app} is deployed from 'main'`),
    );
    assert.match(stderr, /git push berth feature\/x:main/);
    assert.deepEqual(deploysOf(app), []);
    assert.ok(host.operations.apps.has(app));
    assert.notEqual(await tipOf(app, "refs/heads/feature/x"), "");
    assert.equal((await push(project, app, "main:main")).code, 0);
    assert.equal(deploysOf(app).length, 1);
  });

  test("the first branch of main and master that is pushed stays the app's; a set one comes before both", async () => {
    const app = newApp();
    const project = await host.project();
    await push(project, app, "main:master");
    assert.equal(host.operations.properties.get(app), "master");
    await project.commit({ a: "1" });
    assert.match((await push(project, app, "main:main")).stderr, /Nothing was deployed/);
    host.operations.properties.set(app, "production");
    assert.equal((await push(project, app, "main:production")).code, 0);
    assert.deepEqual(deploysOf(app).length, 2);
    assert.equal(await readFile(join(host.repositories.path(app), "HEAD"), "utf8"), "ref: refs/heads/production\n");
  });

  test("the host's deploy branch holds for new apps", async () => {
    host.operations.globalBranch = "live";
    const app = newApp();
    const project = await host.project();
    const { stderr } = await push(project, app, "main:main", "main:live");
    host.operations.globalBranch = "";
    assert.equal(deploysOf(app).length, 1, stderr);
    assert.equal(host.operations.properties.get(app), undefined);
  });

  test("tags are kept; a tag that is pushed to the deploy branch is explained", async () => {
    const app = newApp();
    const project = await host.project();
    await push(project, app);
    await project.must("tag", "-a", "v1", "-m", "one");
    const tagged = await push(project, app, "v1");
    assert.equal(tagged.code, 0);
    assert.match(tagged.stderr, /only tags were pushed[\s\S]*git push berth v1\^\{\}:main/);
    await project.commit({ b: "2" });
    await project.must("tag", "-a", "v2", "-m", "two");
    const wrong = await push(project, app, "v2:refs/heads/main");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /git push berth TAG\^\{\}:main/);
    assert.equal((await push(project, app, "v2^{}:main")).code, 0);
    assert.equal(deploysOf(app).length, 2);
  });

  test("several refs at once deploy one branch", async () => {
    const app = newApp();
    const project = await host.project();
    await project.must("tag", "t1");
    const { code } = await push(project, app, "main", "main:other", "t1");
    assert.equal(code, 0);
    assert.equal(deploysOf(app).length, 1);
    assert.notEqual(await tipOf(app, "refs/tags/t1"), "");
  });

  test("other branches may be deleted, the deploy branch not", async () => {
    const app = newApp();
    const project = await host.project();
    await push(project, app, "main", "main:old");
    assert.equal((await push(project, app, ":old")).code, 0);
    assert.equal(await tipOf(app, "refs/heads/old"), "");
    const { code, stderr } = await push(project, app, ":main");
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`'main' is the branch that ${app} is deployed from`));
    assert.notEqual(await tipOf(app, "refs/heads/main"), "");
  });

  test("a forced push deploys what was rewritten", async () => {
    const app = newApp();
    const project = await host.project();
    await push(project, app);
    await project.must("commit", "-q", "--amend", "-m", "rewritten");
    assert.equal((await push(project, app)).code, 1);
    assert.equal((await push(project, app, "+main")).code, 0);
    assert.equal(await tipOf(app, "refs/heads/main"), await project.must("rev-parse", "HEAD"));
  });

  test("an unchanged branch is up to date and not deployed again", async () => {
    const app = newApp();
    const project = await host.project();
    await push(project, app);
    assert.match((await push(project, app)).stderr, /Everything up-to-date/);
    assert.equal(deploysOf(app).length, 1);
  });

  test("deploys an unchanged branch again if it does not run as it was pushed, and shows it again after a failure", async () => {
    const app = newApp();
    const project = await host.project();
    await push(project, app);
    host.operations.again.set(app, "main");
    host.operations.script = () => Promise.reject(new UserError("no", "no room"));
    const failed = await push(project, app);
    host.operations.script = async () => undefined;
    assert.match(failed.stderr, /no room/);
    assert.equal(await host.repositories.tip(app, "main"), deploysOf(app)[0]?.commit);
    assert.match(await project.must("ls-remote", host.url(app)), /refs\/heads\/main/);
    assert.doesNotMatch((await push(project, app)).stderr, /up-to-date/);
    assert.equal(deploysOf(app).length, 3);
    await push(project, app, "main:other");
    assert.match(await project.must("ls-remote", host.url(app)), /refs\/heads\/main\n/);
    await project.must("commit", "--amend", "-q", "--allow-empty", "-m", "rewritten");
    const behind = await push(project, app, "--force", "main");
    assert.match(behind.stderr, /'main' of \S+ has commits that this push does not have/);
    assert.equal((await push(project, app, "main")).code, 1, "git itself refuses it without force");
    assert.equal((await push(project, app, "--force", "main")).code, 1, "each refusal is for one push");
    assert.equal((await push(project, app, "--force", "main")).code, 0);
    host.operations.again.delete(app);
  });

  test("refs that are neither branches nor tags are refused, and no app is made for them", async () => {
    const app = newApp();
    const { code, stderr } = await push(await host.project(), app, "main:refs/notes/x");
    assert.equal(code, 1);
    assert.match(stderr, /refs\/notes\/x is neither a branch nor a tag/);
    assert.ok(!host.operations.apps.has(app));
    assert.ok(!(await host.repositories.exists(app)));
  });

  test("a branch that git could not make after the deploy is refused before it", async () => {
    const app = newApp();
    const project = await host.project();
    await push(project, app, "main:main/next");
    const { code, stderr } = await push(project, app);
    assert.equal(code, 1);
    assert.match(stderr, /'main' cannot be a branch while there is refs\/heads\/main\/next/);
    assert.deepEqual(deploysOf(app), []);
  });

  test("a name that no app can have is refused", async () => {
    const project = await host.project();
    for (const name of ["Upper", "../escape", "a_b", ".hooks"]) {
      const { code, stderr } = await project.git(["push", `x@127.0.0.1:${name}`, "main"]);
      assert.notEqual(code, 0);
      assert.match(stderr, /App name must begin with lowercase/);
    }
    assert.ok(!(await readdir(host.folder)).includes("escape.git"));
  });

  test("a push without anything to push leaves nothing behind", async () => {
    const app = newApp();
    const project = await host.project();
    await project.git(["ls-remote", "--upload-pack=git-receive-pack", host.url(app)]);
    assert.equal((await push(project, app, "no-such-branch")).code, 1);
    for (let tries = 0; (await host.repositories.exists(app)) && tries < 50; tries++) await sleep(20);
    assert.ok(!(await host.repositories.exists(app)));
    assert.ok(!host.operations.apps.has(app));
  });

  test("a second push during a deploy is refused at once, with what is going on", async () => {
    const app = newApp();
    const project = await host.project();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    host.operations.script = () => released;
    const first = push(project, app);
    for (let tries = 0; deploysOf(app).length === 0 && tries < 200; tries++) await sleep(20);
    const started = performance.now();
    const second = await push(project, app);
    const took = performance.now() - started;
    assert.notEqual(second.code, 0);
    assert.match(second.stderr, new RegExp(` !     ${app} has a deploy in progress \\(deploy of [0-9a-f]{7}\\)`));
    assert.match(second.stderr, /Push again when it is done/);
    assert.ok(took < 2000);
    release();
    assert.equal((await first).code, 0);
  });

  test("Ctrl-C cancels the deploy, leaves the branch, and the next push works", async () => {
    const app = newApp();
    const project = await host.project();
    await push(project, app);
    const served = await tipOf(app, "refs/heads/main");
    let cancelled = false;
    host.operations.script = async (_input, { progress, signal }) => {
      progress.step("Building for long");
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          cancelled = true;
          reject(signal.reason);
        });
      });
    };
    await project.commit({ later: "1" });
    const { signal } = await project.git(["push", host.url(app), "main"], {
      onOutput: (text, group) => {
        if (text.includes("Building for long")) process.kill(-group, "SIGINT");
      },
    });
    assert.equal(signal, "SIGINT");
    for (let tries = 0; !cancelled && tries < 200; tries++) await sleep(20);
    assert.ok(cancelled);
    host.operations.script = async () => undefined;
    for (let tries = 0; (await quarantines(host, app)).length > 0 && tries < 100; tries++) await sleep(20);
    assert.deepEqual(await quarantines(host, app), []);
    assert.equal(await tipOf(app, "refs/heads/main"), served);
    assert.equal((await push(project, app)).code, 0);
  });

  test("a deploy that was done when the client left is kept, with its branch", async () => {
    const app = newApp();
    const project = await host.project();
    host.operations.script = async (_input, { progress, signal }) => {
      progress.step("Too late to stop");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    };
    await project.git(["push", host.url(app), "main"], {
      onOutput: (text, group) => {
        if (text.includes("Too late")) process.kill(-group, "SIGINT");
      },
    });
    const commit = await project.must("rev-parse", "HEAD");
    for (let tries = 0; (await tipOf(app, "refs/heads/main")) !== commit && tries < 100; tries++) await sleep(50);
    assert.equal(await tipOf(app, "refs/heads/main"), commit);
  });

  test("a client that leaves while it sends leaves nothing behind", async () => {
    const app = newApp();
    const project = await host.project();
    await project.git(["push", host.url(app), "main"], { timeoutMs: 60 });
    for (let tries = 0; (await host.repositories.exists(app)) && !host.operations.apps.has(app) && tries < 500; tries++)
      await sleep(20);
    assert.equal(await host.repositories.exists(app), host.operations.apps.has(app));
  });

  test("a push from a shallow clone works", async () => {
    const app = newApp();
    const project = await host.project();
    for (const round of ["1", "2", "3"]) await project.commit({ round });
    const clone = join(host.folder, `shallow-${app}`);
    await project.must("clone", "-q", "--depth=1", `file://${project.folder}`, clone);
    const shallow = projectIn(clone, host.git);
    const { code, stderr } = await push(shallow, app);
    assert.equal(code, 0, stderr);
    await shallow.commit({ round: "4" });
    assert.equal((await push(shallow, app)).code, 0);
    assert.equal(deploysOf(app).length, 2);
  });

  test("all of a commit is deployed, also what .gitattributes keeps from archives", async () => {
    const app = newApp();
    const files = {
      ".gitattributes": "secret.txt export-ignore\nversion.txt export-subst\n",
      "secret.txt": "s",
      "version.txt": "$Format:%H$",
      "bin/run.sh": "#!/bin/sh\n",
      "Procfile.d/x": "in a folder",
    };
    const project = await host.project(files);
    let seen: string[] = [];
    host.operations.script = async ({ source }) => {
      await using tree = await unpack(await source.tar());
      seen = tree.names;
      assert.equal(await readFile(join(tree.folder, "version.txt"), "utf8"), "$Format:%H$");
      assert.equal((await stat(join(tree.folder, "secret.txt"))).mode & 0o777, 0o644);
      assert.equal(await source.has("secret.txt"), true);
      assert.equal(await source.has("bin"), false);
      assert.equal(await source.read("Procfile"), undefined);
    };
    const { code, stderr } = await push(project, app);
    assert.equal(code, 0, stderr);
    assert.deepEqual(seen, Object.keys(files).sort());
  });

  test("files that Git LFS keeps elsewhere are named, and the push goes on", async () => {
    const app = newApp();
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12345\n`;
    const project = await host.project({ ".gitattributes": "*.bin filter=lfs -text\n", "a b/model.bin": pointer });
    const { code, stderr } = await push(project, app);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /pointers of Git LFS, not their content: a b\/model\.bin/);
    await project.commit({ "a b/model.bin": "content" });
    assert.doesNotMatch((await push(project, app)).stderr, /LFS/);
  });

  test("more output than the client can take is cut, and the end still arrives", async () => {
    const app = newApp();
    const project = await host.project();
    host.operations.script = async (_input, { progress }) => {
      for (let line = 0; line < 300_000; line++) progress.line(`line ${line} ${"x".repeat(100)}`);
    };
    const { code, stderr } = await push(project, app);
    assert.equal(code, 0);
    assert.match(stderr, /remote: line 0 /);
    assert.match(stderr, /\(\d+ lines were left out here: the connection was too slow for them\)/);
    assert.match(stderr, /=====> Application deployed:/);
  });
});

describe("git clone and fetch", () => {
  test("give back what was pushed", async () => {
    await using host = await startGitHost();
    const project = await host.project();
    await project.git(["push", host.url("shop"), "main:refs/heads/main"]);
    const clone = join(host.folder, "clone");
    const { code, stderr } = await host.git(host.folder, ["clone", "-q", host.url("shop"), clone]);
    assert.equal(code, 0, stderr);
    assert.equal(await readFile(join(clone, "Procfile"), "utf8"), "web: run\n");
    const commit = await project.commit({ more: "1" });
    await project.git(["push", host.url("shop"), "main"]);
    const cloned = projectIn(clone, host.git);
    await cloned.must("fetch", "-q");
    assert.equal(await cloned.must("rev-parse", "origin/main"), commit);
    await cloned.must("-c", "protocol.version=0", "fetch", "-q");
  });

  test("an app that was never pushed to is an empty clone; one that does not exist is an error", async () => {
    await using host = await startGitHost();
    await host.operations.createApp({ name: "fresh" });
    const empty = await host.git(host.folder, ["clone", host.url("fresh"), join(host.folder, "empty")]);
    assert.equal(empty.code, 0);
    assert.match(empty.stderr, /cloned an empty repository/);
    const missing = await host.git(host.folder, ["clone", host.url("nobody"), join(host.folder, "none")]);
    assert.notEqual(missing.code, 0);
    assert.match(missing.stderr, / ! {5}App nobody does not exist/);
    assert.equal((await host.ssh.ssh(["git-upload-pack nobody"])).code, 20);
    assert.ok(!(await host.repositories.exists("nobody")));
  });

  test("git archive from afar is refused in words", async () => {
    await using host = await startGitHost();
    const { code, stderr } = await host.git(host.folder, ["archive", `--remote=${host.url("shop")}`, "HEAD"]);
    assert.notEqual(code, 0);
    assert.match(stderr, / ! {5}git archive --remote is not supported/);
  });
});

async function quarantines(host: GitHost, app: string): Promise<string[]> {
  const objects = await readdir(join(host.repositories.path(app), "objects"));
  return objects.filter((name) => /incoming|quarantine/.test(name));
}

test("a push of more refs than anybody has is refused, and ends", async () => {
  await using host = await startGitHost();
  const project = await host.project();
  const commit = await project.must("rev-parse", "HEAD");
  const refs = Array.from({ length: 50_010 }, (_, index) => `${commit} refs/tags/t${index}\n`).join("");
  await writeFile(
    join(project.folder, ".git", "packed-refs"),
    `# pack-refs with: peeled fully-peeled sorted \n${refs}`,
  );
  const { code, stderr } = await project.git(["push", "-q", host.url("many"), "--tags"], { timeoutMs: 120_000 });
  assert.equal(code, 1);
  assert.match(stderr, /more than 50000 refs|went wrong inside Berth|pre-receive hook declined/);
  assert.equal(host.operations.apps.has("many"), false);
});
