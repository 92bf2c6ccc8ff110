import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, runOk, startBerth } from "../helpers/berth.ts";
import { serveGit } from "../helpers/git-web.ts";
import { afterSuite } from "../helpers/suite.ts";

suite("apps with buildpacks of other people", () => {
  let berth: Berth;
  let folder: string;
  const cleanup = afterSuite();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-mirror-"));
    cleanup.after(() => rm(folder, { recursive: true, force: true }));
    const { url } = await serveGit(cleanup, folder);
    berth = await startBerth(
      cleanup,
      "--official-buildpacks",
      `${url}/NAME.git`,
      "--git-mirrors",
      `https://pack.test/=${url}/`,
    );
  });

  async function served(name: string, compile: string, web: string): Promise<void> {
    const work = join(folder, `${name}-work`);
    await mkdir(join(work, "bin"), { recursive: true });
    const programs = {
      detect: `echo ${name}`,
      compile,
      release: `printf -- '---\\ndefault_process_types:\\n  web: ${web}\\n'`,
    };
    for (const [program, body] of Object.entries(programs)) {
      await writeFile(join(work, "bin", program), `#!/bin/sh\n${body}\n`);
      await chmod(join(work, "bin", program), 0o755);
    }
    await runOk("git", ["init", "-q", "-b", "main", work]);
    await runOk("git", ["-C", work, "add", "-A"]);
    await runOk("git", ["-C", work, "commit", "-q", "-m", "x"]);
    await runOk("git", ["clone", "-q", "--bare", work, join(folder, `${name}.git`)]);
  }

  test("are built by what the list names, from a mirror, and served with the last one's default", async () => {
    await served("page", 'echo "made by $1" > "$1/index.html"; echo from page > "$2/kept"', "false");
    await served("perl", 'cat "$1/index.html"; cat "$2/kept"; echo "token $(cat "$3/TOKEN")"', "perl server.pl");
    const { Procfile: _, ...files } = nullApp("hello");
    await berth.sshOk("apps:create shop");
    await berth.sshOk("config:set shop TOKEN=t1");
    await berth.sshOk("buildpacks:add shop heroku/page");
    await berth.sshOk("buildpacks:add shop https://pack.test/perl.git#main");
    assert.equal(
      await berth.sshOk("buildpacks:list shop"),
      "-----> shop buildpack urls\n       heroku/page\n       https://pack.test/perl.git#main\n",
    );
    const repository = await berth.repositoryOf(files);
    const pushed = await berth.pushOk(repository, "shop");
    assert.match(
      pushed,
      /page app detected[\s\S]*perl app detected[\s\S]*made by \/tmp\/build\/app[\s\S]*from page[\s\S]*token t1/,
    );
    assert.equal((await berth.fetch("shop")).body, "hello\n");
    await berth.sshOk("repo:purge-cache shop");
    await berth.sshOk("buildpacks:set --replace shop https://pack.test/gone.git");
    await writeFile(join(repository, "more"), "");
    await berth.commitAll(repository, "more");
    const refused = await berth.push(repository, "shop");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, / ! {5}Buildpack https:\/\/pack\.test\/gone\.git could not be fetched: .*not found/);
    assert.equal((await berth.fetch("shop")).body, "hello\n");
  });
});
