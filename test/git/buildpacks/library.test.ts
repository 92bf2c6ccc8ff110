import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { createBuildpackLibrary } from "../../../src/git/buildpacks/library.ts";
import { parseBuildpack, type RemoteBuildpack } from "../../../src/model/buildpack-reference.ts";
import { run, runOk } from "../../helpers/berth.ts";
import { listen, serveGit } from "../../helpers/git-web.ts";

interface Place {
  readonly folder: string;
  /** Name of a bare repository -> its commits, oldest first. */
  readonly commits: string[];
  get(text: string): Promise<{ version: string; names: string[]; told: string[] }>;
}

async function place(t: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "berth-packs-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const work = join(folder, "work");
  const commits: string[] = [];
  await runOk("git", ["init", "-q", "-b", "main", work]);
  for (const version of ["one", "two"]) {
    for (const name of ["detect", "compile"]) await executable(join(work, "bin", name), `#!/bin/sh\necho ${version}\n`);
    await writeFile(join(work, ".gitattributes"), "bin/detect export-ignore filter=evil\n");
    await runOk("git", ["-C", work, "add", "-A"]);
    await runOk("git", ["-C", work, "commit", "-q", "-m", version]);
    commits.push((await runOk("git", ["-C", work, "rev-parse", "HEAD"])).trim());
    if (version === "one") await runOk("git", ["-C", work, "tag", "-a", "-m", "x", "v1"]);
  }
  await runOk("git", ["-C", work, "branch", "next"]);
  await runOk("git", ["clone", "-q", "--bare", work, join(folder, "served", "heroku-buildpack-demo.git")]);
  const library = createBuildpackLibrary({ folder: join(folder, "kept"), caFile: undefined });
  const get: Place["get"] = async (text) => {
    const told: string[] = [];
    const say = (line: string) => void told.push(line);
    const progress = { step: say, headline: say, detail: say, warn: say, line: say };
    const reference = parseBuildpack(text, "") as RemoteBuildpack;
    const taken = await library.get(reference, progress, new AbortController().signal);
    const names = (await runOk("tar", ["-tf", taken.path])).split("\n").filter((name) => /\w$/.test(name));
    await taken.release();
    return { version: taken.version, names: names.map((name) => name.replace(/^\.\//, "")).sort(), told };
  };
  return { folder, commits, get };
}

async function executable(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
}

suite("Other people's buildpacks", () => {
  test("a branch, a tag, a commit and a short commit are found over HTTP, with all their files", async (t) => {
    const { folder, commits, get } = await place(t);
    const web = await serveGit(t, join(folder, "served"));
    const url = `${web.url}/heroku-buildpack-demo.git`;
    const [one = "", two = ""] = commits;
    assert.deepEqual(await get(url), {
      version: two,
      names: [".gitattributes", "bin/compile", "bin/detect"],
      told: [`Fetching ${url}`, `${url} is at ${two.slice(0, 7)}`],
    });
    for (const [ref, commit] of [
      ["v1", one],
      ["next", two],
      ["main", two],
      [one, one],
      [one.slice(0, 8), one],
    ] as const) {
      assert.equal((await get(`${url}#${ref}`)).version, commit, ref);
    }
  });

  test("a web server that only gives files away gives the version that was asked for", async (t) => {
    const { folder, commits, get } = await place(t);
    const repository = join(folder, "served", "heroku-buildpack-demo.git");
    await runOk("git", ["-C", repository, "update-server-info"]);
    const server = createServer((request, response) => {
      const path = join(folder, "served", new URL(request.url ?? "/", "http://x").pathname);
      readFile(path).then(
        (content) => response.end(content),
        () => response.writeHead(404).end(),
      );
    });
    const url = `${await listen(server)}/heroku-buildpack-demo.git`;
    t.after(() => void server.close());
    for (const ref of ["v1", commits[0] ?? ""]) assert.equal((await get(`${url}#${ref}`)).version, commits[0], ref);
    assert.equal((await get(url)).version, commits[1]);
  });

  test("what is known by its commit is not asked for again", async (t) => {
    const { folder, commits, get } = await place(t);
    const web = await serveGit(t, join(folder, "served"));
    const text = `${web.url}/heroku-buildpack-demo.git#${commits[0]}`;
    await get(text);
    const before = web.asked.length;
    assert.ok(before > 0);
    assert.equal((await get(text)).version, commits[0]);
    assert.equal(web.asked.length, before);
  });

  test("a server that does not answer any more costs nobody a build that has what it gave before", async (t) => {
    const { folder, commits, get } = await place(t);
    const web = await serveGit(t, join(folder, "served"));
    const url = `${web.url}/heroku-buildpack-demo.git`;
    await get(url);
    await web.stop();
    const { version, told } = await get(url);
    assert.equal(version, commits[1]);
    assert.match(told.join("\n"), /cannot be fetched \(.*\): using [0-9a-f]{7} from before/);
    await assert.rejects(get(`${url}#v1`), {
      code: "buildpack-unreachable",
      message: /demo\.git#v1 could not be fetched: /,
    });
  });

  test("a name that is not there, and a repository that is not, are named", async (t) => {
    const { folder, get } = await place(t);
    const web = await serveGit(t, join(folder, "served"));
    await assert.rejects(get(`${web.url}/heroku-buildpack-demo.git#v9`), {
      message: /has no branch, tag or commit 'v9'/,
    });
    await assert.rejects(get(`${web.url}/none.git`), {
      message: /none\.git could not be fetched: repository .* not found/,
    });
    await assert.rejects(get(join(folder, "nowhere")), { message: /nowhere could not be fetched: / });
  });

  test("a password is used and never shown", async (t) => {
    const { folder, get } = await place(t);
    const web = await serveGit(t, join(folder, "served"), "geheim");
    const url = web.url.replace("//", "//user:geheim@");
    const { told } = await get(`${url}/heroku-buildpack-demo.git`);
    assert.doesNotMatch(told.join("\n"), /geheim/);
    const error = (await get(`${url}/none.git`).catch((thrown: unknown) => thrown)) as Error & { details: string[] };
    assert.match(error.message, /\*\*\*@/);
    assert.doesNotMatch([error.message, ...error.details].join("\n"), /geheim/);
  });

  test("a repository and a folder of the host are taken as they are, a folder with what is not committed", async (t) => {
    const { folder, commits, get } = await place(t);
    assert.equal((await get(`${join(folder, "served", "heroku-buildpack-demo.git")}#v1`)).version, commits[0]);
    await writeFile(join(folder, "work", "new"), "");
    const { version, names } = await get(`file://${join(folder, "work")}`);
    assert.deepEqual([version, names], ["", [".gitattributes", "bin/compile", "bin/detect", "new"]]);
    const kept = await readdir(join(folder, "kept"), { recursive: true });
    assert.deepEqual(
      kept.filter((name) => name.includes("scratch")),
      [],
    );
  });

  test("a repository of the host may belong to somebody else", { skip: process.getuid?.() !== 0 }, async (t) => {
    const { folder, commits, get } = await place(t);
    const bare = join(folder, "served", "heroku-buildpack-demo.git");
    await runOk("chown", ["-R", "65534", bare]);
    assert.equal((await get(bare)).version, commits[1]);
  });

  test("hooks of a repository do not run", async (t) => {
    const { folder, get } = await place(t);
    const bare = join(folder, "served", "heroku-buildpack-demo.git");
    const marker = join(folder, "ran");
    for (const name of ["post-checkout", "post-merge", "reference-transaction", "post-update"]) {
      await executable(join(bare, "hooks", name), `#!/bin/sh\ntouch ${marker}\n`);
    }
    await get(`${bare}#v1`);
    assert.equal((await run("test", ["-e", marker])).code, 1);
  });

  test("an archive comes from a web server, by its checksum only once", async (t) => {
    const { folder, get } = await place(t);
    const file = join(folder, "demo.tgz");
    await runOk("tar", ["-czf", file, "-C", join(folder, "work"), "bin"]);
    const content = await readFile(file);
    let asked = 0;
    const server = createServer((request, response) => {
      asked++;
      if (request.url === "/moved.tgz") response.writeHead(302, { Location: "/demo.tgz" }).end();
      else if (request.url === "/demo.tgz") response.end(content);
      else response.writeHead(404).end();
    });
    const url = await listen(server);
    t.after(() => server.close());
    const sha256 = createHash("sha256").update(content).digest("hex");
    assert.deepEqual((await get(`${url}/moved.tgz`)).names, ["bin/compile", "bin/detect"]);
    assert.equal((await get(`${url}/demo.tgz#sha256=${sha256}`)).version, sha256);
    const before = asked;
    await get(`${url}/demo.tgz#${sha256}`);
    assert.equal(asked, before);
    await assert.rejects(get(`${url}/demo.tgz#${"0".repeat(64)}`), { code: "buildpack-changed" });
    await assert.rejects(get(`${url}/none.tgz`), {
      code: "buildpack-unreachable",
      message: /none\.tgz could not be fetched: the server answered 404/,
    });
    server.closeAllConnections();
  });

  test("what was not used for longest makes room for new addresses", async (t) => {
    const { folder, get } = await place(t);
    const kept = join(folder, "kept");
    for (let age = 1; age <= 60; age++) {
      const path = join(kept, `old-${age}`);
      await mkdir(path, { recursive: true });
      const time = new Date(Date.now() - age * 60_000);
      await writeFile(join(path, "1.archive"), "");
      await utimes(join(path, "1.archive"), time, time);
      await utimes(path, time, time);
    }
    await get(join(folder, "served", "heroku-buildpack-demo.git"));
    const left = (await readdir(kept)).filter((name) => name.startsWith("old-"));
    assert.deepEqual([left.length, left.includes("old-49"), left.includes("old-50")], [49, true, false]);
  });
});
