import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { join, normalize } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../src/model/errors.ts";
import { type GitHost, type Project, startGitHost, unpack } from "../helpers/git-host.ts";

describe("the source of a commit", () => {
  let host: GitHost;
  before(async () => {
    host = await startGitHost();
  });
  after(() => host[Symbol.asyncDispose]());

  async function pushed(app: string, project: Project): Promise<string> {
    const { code, stderr } = await project.git(["push", host.url(app), "main"]);
    assert.equal(code, 0, stderr);
    return await project.must("rev-parse", "HEAD");
  }

  test("is read after the push as well as during it", async () => {
    const project = await host.project({ Procfile: "web: a\n", "sub/dir/ü ñ": "x" });
    const commit = await pushed("plain", project);
    const source = await host.repositories.source("plain", commit);
    assert.equal(source.commit, commit);
    assert.equal(await source.has("sub/dir/ü ñ"), true);
    assert.equal(await source.has("sub/dir"), false);
    assert.equal(await source.read("Procfile"), "web: a\n");
    assert.equal(await source.read("missing"), undefined);
  });

  test("links to files within it are followed, others are not there", async () => {
    const project = await host.project({ "config/Procfile": "web: linked\n" });
    await symlink("config/Procfile", join(project.folder, "Procfile"));
    await symlink("/etc/passwd", join(project.folder, "absolute"));
    await symlink("../../../etc/passwd", join(project.folder, "outside"));
    await symlink("loop", join(project.folder, "loop"));
    const source = await host.repositories.source("linked", await pushed("linked", await committed(project)));
    assert.equal(await source.read("Procfile"), "web: linked\n");
    for (const name of ["absolute", "outside", "loop"]) assert.equal(await source.has(name), false, name);
  });

  test("a file that is too large to be read is named", async () => {
    const project = await host.project({ "app.json": "#".repeat(2_000_000) });
    const source = await host.repositories.source("large", await pushed("large", project));
    assert.equal(await source.has("app.json"), true);
    await assert.rejects(source.read("app.json"), {
      code: "file-too-large",
      message: /^app\.json is larger than 1024 kB/,
    });
  });

  test("a commit that is not there is said to be missing", async () => {
    await pushed("known", await host.project());
    await assert.rejects(host.repositories.source("known", "1".repeat(40)), { code: "commit-missing" });
    await assert.rejects(host.repositories.source("known", "main"), TypeError);
  });

  test("an archive that is given up stops git", async () => {
    const project = await host.project({ big: "x".repeat(20_000_000) });
    const source = await host.repositories.source("given-up", await pushed("given-up", project));
    const archive = await source.tar();
    await once(archive, "readable");
    archive.destroy();
    await once(archive, "close");
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function reachable(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, "127.0.0.1");
    const answered = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (answered) return;
    await sleep(20);
  }
  assert.fail(`nothing listens on ${port}`);
}

async function committed(project: Project): Promise<Project> {
  await project.commit({});
  return project;
}

describe("submodules", () => {
  let host: GitHost;
  let web: Server;
  let origin: string;
  before(async () => {
    host = await startGitHost();
    web = createServer((request, response) => {
      const path = normalize(decodeURIComponent(new URL(request.url ?? "", "http://x").pathname));
      if (path.startsWith("/slow")) return;
      readFile(join(host.folder, path)).then(
        (content) => response.end(content),
        () => response.writeHead(404).end(),
      );
    });
    web.listen(0, "127.0.0.1");
    await once(web, "listening");
    origin = `http://127.0.0.1:${(web.address() as { port: number }).port}`;
  });
  after(async () => {
    web.closeAllConnections();
    web.close();
    await host[Symbol.asyncDispose]();
  });

  /** A repository that a plain web server gives away; its URL. */
  async function library(name: string, project: Project): Promise<string> {
    const bare = join(host.folder, `${name}.git`);
    await project.must("clone", "-q", "--bare", project.folder, bare);
    await host.git(bare, ["update-server-info"]);
    return `${origin}/${name}.git`;
  }

  async function withSubmodule(
    path: string,
    url: string,
    commit: string,
    files: Record<string, string> = {},
  ): Promise<Project> {
    const project = await host.project({ Procfile: "web: run\n", ...files });
    await addSubmodule(project, path, url, commit);
    return project;
  }

  async function addSubmodule(project: Project, path: string, url: string, commit: string): Promise<void> {
    await project.must("config", "-f", ".gitmodules", `submodule.${path}.path`, path);
    await project.must("config", "-f", ".gitmodules", `submodule.${path}.url`, url);
    await project.must("update-index", "--add", "--cacheinfo", `160000,${commit},${path}`);
    await project.must("add", ".gitmodules");
    await project.must("commit", "-q", "-m", "submodule");
  }

  async function deployedNames(
    app: string,
    project: Project,
  ): Promise<{ names: string[]; stderr: string; code: number | null }> {
    let names: string[] = [];
    host.operations.script = async ({ source }) => {
      await using tree = await unpack(await source.tar());
      names = tree.names;
    };
    const { code, stderr } = await project.git(["push", host.url(app), "main"]);
    return { names, stderr, code };
  }

  const leftovers = async (): Promise<string[]> => {
    for (let tries = 0; tries < 50; tries++) {
      if ((await readdir(join(host.folder, "repositories", ".scratch")).catch(() => [])).length === 0) return [];
      await sleep(20);
    }
    return await readdir(join(host.folder, "repositories", ".scratch"));
  };

  test("are part of what is deployed, also those within others", async () => {
    const inner = await host.project({ "inner.txt": "i", ".gitattributes": "inner.txt export-ignore\n" });
    const innerUrl = await library("inner", inner);
    const outer = await host.project({ "outer.txt": "o" });
    await addSubmodule(outer, "deep/inner", innerUrl, await inner.must("rev-parse", "HEAD"));
    const outerUrl = await library("outer", outer);
    const project = await withSubmodule("vendor/outer", outerUrl, await outer.must("rev-parse", "HEAD"), {
      "z.txt": "z",
    });
    const { names, stderr, code } = await deployedNames("nested", project);
    assert.equal(code, 0, stderr);
    assert.deepEqual(names, [
      ".gitmodules",
      "Procfile",
      "vendor/outer/.gitmodules",
      "vendor/outer/deep/inner/.gitattributes",
      "vendor/outer/deep/inner/inner.txt",
      "vendor/outer/outer.txt",
      "z.txt",
    ]);
    assert.match(stderr, /remote: {8}Fetching submodule vendor\/outer from http:/);
    assert.match(stderr, /remote: {8}Fetching submodule vendor\/outer\/deep\/inner from http:/);
    assert.deepEqual(await leftovers(), []);
  });

  test("of an older commit than the branch's last are found", async () => {
    const library1 = await host.project({ "old.txt": "1" });
    const old = await library1.must("rev-parse", "HEAD");
    await library1.must("rm", "-q", "old.txt");
    await library1.commit({ "new.txt": "2" });
    const url = await library("older", library1);
    const { names, stderr, code } = await deployedNames("older", await withSubmodule("lib", url, old));
    assert.equal(code, 0, stderr);
    assert.ok(names.includes("lib/old.txt") && !names.includes("lib/new.txt"));
  });

  test("come without their history where the server can leave it out", async () => {
    const lib = await host.project({ "lib.txt": "1" });
    const commit = await lib.commit({ "lib.txt": "2" });
    await lib.commit({ "lib.txt": "3" });
    const port = await freePort();
    const daemon = spawn("git", ["daemon", `--port=${port}`, "--listen=127.0.0.1", "--export-all", lib.folder], {
      stdio: "ignore",
    });
    try {
      await reachable(port);
      const project = await withSubmodule("lib", `git://127.0.0.1:${port}${lib.folder}`, commit);
      const { names, stderr, code } = await deployedNames("shallow", project);
      assert.equal(code, 0, stderr);
      assert.ok(names.includes("lib/lib.txt"));
    } finally {
      daemon.kill();
    }
  });

  const refused = async (app: string, project: Project, pattern: RegExp): Promise<void> => {
    const { stderr, code } = await deployedNames(app, project);
    assert.equal(code, 1, stderr);
    assert.match(stderr, pattern);
    assert.match(stderr, /remote rejected/);
    assert.deepEqual(await leftovers(), []);
  };
  const someCommit = "1234567890".repeat(4);

  test("that cannot be reached reject the push with name, address and what to do", async () => {
    const project = await withSubmodule("lib", "http://user:hunter2@127.0.0.1:1/lib.git", someCommit);
    const { stderr } = await deployedNames("unreachable", project);
    assert.match(stderr, /! {5}Submodule 'lib' could not be fetched from http:\/\/\*\*\*@127\.0\.0\.1:1\/lib\.git/);
    assert.match(stderr, /Else commit its files/);
    assert.doesNotMatch(stderr, /hunter2/);
    assert.deepEqual(await leftovers(), []);
  });

  test("whose repository lacks the commit are told apart", async () => {
    const url = await library("incomplete", await host.project());
    await refused("incomplete", await withSubmodule("lib", url, someCommit), /commit 1234567 is not at http/);
  });

  test("on this host's disk, by a program or by a relative address are refused", async () => {
    for (const [app, url, pattern] of [
      ["file", "file:///etc", /only https, http, git, ssh are allowed/],
      ["path", "/etc", /only https, http, git, ssh are allowed/],
      ["ext", "ext::sh -c id", /the address is not allowed|only https/],
      ["relative", "../other.git", /the address is relative to a repository that is not here/],
      ["option", "--upload-pack=id", /fsck error|the address is not allowed/],
    ] as const) {
      await refused(`sub-${app}`, await withSubmodule("lib", url, someCommit), pattern);
    }
  });

  test("that .gitmodules does not know are explained", async () => {
    const project = await host.project();
    await project.must("update-index", "--add", "--cacheinfo", `160000,${someCommit},nested`);
    await project.must("commit", "-q", "-m", "by mistake");
    await refused("unmapped", project, /'nested' is a submodule, but \.gitmodules does not say where it is from/);
  });

  test("that take for ever end with the client's patience", async () => {
    const project = await withSubmodule("lib", `${origin}/slow/lib.git`, someCommit);
    let failure: unknown;
    host.operations.script = async ({ source }) => {
      failure = await source.tar().catch((error: unknown) => error);
      throw new UserError("stopped", "stopped");
    };
    const { signal } = await project.git(["push", host.url("slow"), "main"], {
      onOutput: (text, group) => {
        if (text.includes("Fetching submodule")) process.kill(-group, "SIGINT");
      },
    });
    assert.equal(signal, "SIGINT");
    for (let tries = 0; failure === undefined && tries < 200; tries++) await sleep(20);
    assert.ok(failure instanceof Error);
    assert.match(failure.message, /client has gone/);
    assert.deepEqual(await leftovers(), []);
  });
});
