import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { before, suite, test } from "node:test";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, eventually, startBerth } from "../helpers/berth.ts";
import { afterSuite } from "../helpers/suite.ts";

suite("git push", () => {
  let berth: Berth;
  const cleanup = afterSuite();
  before(async () => {
    berth = await startBerth(cleanup);
  });

  test("a first push creates the app, shows the build, and the app answers under its host name", async () => {
    const folder = await berth.repository("node-web");
    const told = await berth.pushOk(folder, "first");
    assert.match(told, /remote: -----> .*app detected/i);
    assert.match(told, /remote: =====> Application deployed:/);
    assert.ok(told.includes(`http://first.berth.test:${berth.httpPort}`), told);
    const answer = await berth.fetch("first");
    assert.equal(answer.status, 200);
    assert.equal((await berth.sshOk("apps:list")).includes("first"), true);
  });

  test("a second push serves the new code", async () => {
    const folder = await berth.repositoryOf(nullApp("one"));
    await berth.pushOk(folder, "second");
    assert.equal((await berth.fetch("second")).body, "one\n");
    await writeFile(join(folder, "page"), "two");
    await berth.commitAll(folder, "change");
    await berth.pushOk(folder, "second");
    assert.equal((await berth.fetch("second")).body, "two\n");
  });

  test("a static site is served with types, ranges and its own 404 page", async () => {
    await berth.pushOk(await berth.repository("static-site"), "site");
    const page = await berth.fetch("site");
    assert.equal(page.status, 200);
    assert.match(String(page.headers["content-type"]), /^text\/html/);
    const part = await berth.fetch("site", "/", { range: "bytes=0-3" });
    assert.deepEqual([part.status, part.body.length], [206, 4]);
    assert.equal((await berth.fetch("site", "/", { "if-none-match": String(page.headers.etag) })).status, 304);
    assert.equal((await berth.fetch("site", "/no-such-page")).status, 404);
  });

  test("a build that fails rejects the ref, says why, and the branch and the app stay as they were", async () => {
    const folder = await berth.repositoryOf(nullApp("good"));
    await berth.pushOk(folder, "broken");
    const good = await berth.gitOk(folder, "rev-parse", "HEAD");
    const bad = await berth.repository("build-fails");
    const result = await berth.push(bad, "broken", "+main");
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /pre-receive hook declined/);
    assert.match(result.stderr, /remote: {2}! {5}/);
    assert.equal((await berth.gitOk(folder, "ls-remote", berth.remote("broken"), "main")).split("\t")[0], good.trim());
    assert.equal((await berth.fetch("broken")).body, "good\n");
  });

  test("a repository that no buildpack fits is refused with the list of those that were tried", async () => {
    const result = await berth.push(await berth.repositoryOf({ "notes.txt": "nothing to run" }), "nothing");
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /nodejs.*static.*null/s);
  });

  test("an app that crashes at boot is not deployed, and its last words are shown", async () => {
    const result = await berth.push(await berth.repository("crash-at-boot"), "crash");
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /web\.1 exited with code \d+/);
    assert.match(result.stderr, /Last lines of web\.1/);
    assert.equal((await berth.containers("label=berth.app=crash")).length, 0);
  });

  test("an app on the wrong port is told which port it uses and which it should", async () => {
    await berth.cliOk("apps:create", "wrong");
    await berth.cliOk("checks:set", "wrong", "timeout", "3");
    const result = await berth.push(await berth.repository("wrong-port"), "wrong");
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /listening on 3000, PORT is 5000/);
  });

  test("output of the build arrives while the build runs", async () => {
    const files = nullApp("slow");
    files["package.json"] = JSON.stringify({
      name: "slow",
      scripts: { build: "echo first-line; sleep 3; echo last-line" },
    });
    files["package-lock.json"] = JSON.stringify({
      name: "slow",
      lockfileVersion: 3,
      packages: { "": { name: "slow" } },
    });
    const folder = await berth.repositoryOf(files);
    const push = spawn("git", ["push", berth.remote("slow"), "main"], {
      cwd: folder,
      env: { ...process.env, ...berth.gitEnv() },
    });
    const seen = new Map<string, number>();
    createInterface({ input: push.stderr }).on("line", (line) => {
      for (const mark of ["first-line", "last-line"]) {
        if (line.trimEnd().endsWith(mark)) seen.set(mark, performance.now());
      }
    });
    const [code] = await once(push, "close");
    assert.equal(code, 0);
    assert.ok((seen.get("last-line") ?? 0) - (seen.get("first-line") ?? 0) > 2_000, "both lines came at once");
  });

  test("a push while another deploy of the app runs is refused at once; Ctrl-C ends that one and frees the app", async () => {
    const files = nullApp("x");
    files["package.json"] = JSON.stringify({ name: "long", scripts: { build: "echo building-now; sleep 300" } });
    const folder = await berth.repositoryOf(files);
    const push = spawn("git", ["push", berth.remote("long"), "main"], {
      cwd: folder,
      env: { ...process.env, ...berth.gitEnv() },
      detached: true,
    });
    const ended = once(push, "close");
    const building = new Promise<void>((resolve) => {
      createInterface({ input: push.stderr }).on("line", (line) => {
        if (line.trimEnd().endsWith("building-now")) resolve();
      });
    });
    await building;
    const begin = performance.now();
    const second = await berth.push(folder, "long");
    assert.notEqual(second.code, 0);
    assert.match(second.stderr, /deploy/);
    assert.ok(performance.now() - begin < 10_000, "it did not wait for the other");
    process.kill(-(push.pid ?? 0), "SIGINT");
    await ended;
    await eventually(async () => {
      assert.deepEqual(await berth.containers("label=berth.app=long"), []);
      assert.match((await berth.cli("apps:report", "long")).stdout, /locked:\s+false/);
    });
    await berth.pushOk(await berth.repositoryOf(nullApp("after")), "long", "+main");
    assert.equal((await berth.fetch("long")).body, "after\n");
  });

  test("another branch or a tag deploys nothing and says what to push", async () => {
    const folder = await berth.repositoryOf(nullApp("main"));
    await berth.pushOk(folder, "branches");
    await berth.gitOk(folder, "checkout", "-q", "-b", "feature");
    await writeFile(join(folder, "page"), "feature");
    await berth.commitAll(folder, "feature");
    await berth.gitOk(folder, "tag", "v1");
    assert.match(await berth.pushOk(folder, "branches", "feature"), /feature:main/);
    assert.match(await berth.pushOk(folder, "branches", "v1"), /deploy/);
    assert.equal((await berth.fetch("branches")).body, "main\n");
    await berth.cliOk("git:set", "branches", "deploy-branch", "feature");
    await berth.gitOk(folder, "commit", "-q", "--allow-empty", "-m", "again");
    await berth.pushOk(folder, "branches", "feature");
    assert.equal((await berth.fetch("branches")).body, "feature\n");
  });

  test("clone and fetch give back what was pushed", async () => {
    const folder = await berth.repositoryOf(nullApp("clone"));
    await berth.pushOk(folder, "cloned");
    await berth.gitOk(berth.root, "clone", "-q", berth.remote("cloned"), "copy");
    assert.equal(await readFile(join(berth.root, "copy", "page"), "utf8"), "clone");
  });

  test("a push from a shallow clone deploys", async () => {
    const folder = await berth.repositoryOf(nullApp("shallow"));
    await berth.commitAll(folder, "second");
    await berth.gitOk(berth.root, "clone", "-q", "--depth", "1", `file://${folder}`, "shallow");
    await berth.pushOk(join(berth.root, "shallow"), "shallow");
    assert.equal((await berth.fetch("shallow")).body, "shallow\n");
  });

  test("files that are left out of archives by an attribute are deployed all the same", async () => {
    const files = { ...nullApp("kept"), ".gitattributes": "page export-ignore\n" };
    await berth.pushOk(await berth.repositoryOf(files), "attributes");
    assert.equal((await berth.fetch("attributes")).body, "kept\n");
  });

  test("a push of 200 MB arrives whole and leaves the daemon as small as it was", { timeout: 300_000 }, async () => {
    const folder = await berth.repositoryOf(nullApp("big"));
    const { randomBytes } = await import("node:crypto");
    for (let part = 0; part < 4; part++) await writeFile(join(folder, `blob${part}`), randomBytes(50 * 1024 * 1024));
    await berth.commitAll(folder, "big");
    await berth.pushOk(folder, "big");
    assert.equal((await berth.fetch("big")).body, "big\n");
    const status = await readFile(`/proc/${berth.pid}/status`, "utf8");
    const peakMb = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
    assert.ok(peakMb < 400, `the daemon took ${peakMb} MB`);
  });
});
