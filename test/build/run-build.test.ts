import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { parse } from "yaml";
import { nullApp } from "../helpers/apps.ts";
import { type Result, run, runOk } from "../helpers/berth.ts";
import { buildImage, requireImages, runImage } from "../helpers/images.ts";

const main = join(import.meta.dirname, "../../src/main.ts");
const fixtures = join(import.meta.dirname, "../fixtures/apps");

suite("berth build", () => {
  // Unlike a daemon's, these things have no instance of their own: their names are.
  const name = `built-${randomBytes(4).toString("hex")}`;
  let folder: string;
  let env: Record<string, string>;

  before(async () => {
    requireImages();
    folder = await mkdtemp(join(tmpdir(), "berth-build-"));
    env = { XDG_CACHE_HOME: join(folder, "cache"), BERTH_RUN_IMAGE: runImage, BERTH_BUILD_IMAGE: buildImage };
    // Its network is not the test's: how this machine reaches registries is.
    for (const [key, value] of Object.entries(process.env)) {
      if (/_proxy$|^PIP_INDEX_URL$|^npm_config_registry$|^GO(PROXY|SUMDB)$/i.test(key) && value) env[key] = value;
    }
  });

  after(async () => {
    const ours = (text: string) => text.split("\n").filter((line) => line.includes(name));
    for (const image of ours(await runOk("docker", ["images", "--format", "{{.Repository}}:{{.Tag}}"]))) {
      await runOk("docker", ["rmi", "-f", image]);
    }
    for (const volume of ours(await runOk("docker", ["volume", "ls", "-q"])))
      await runOk("docker", ["volume", "rm", volume]);
    await rm(folder, { recursive: true });
  });

  const build = (...words: string[]): Promise<Result> => run(main, ["build", ...words], { env, cwd: folder });

  async function buildOk(...words: string[]): Promise<Result> {
    const result = await build(...words);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    return result;
  }

  async function folderOf(files: Record<string, string>): Promise<string> {
    const path = await mkdtemp(join(folder, "app-"));
    for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
    return path;
  }

  async function containers(): Promise<string> {
    return runOk("docker", ["ps", "-a", "--filter", `name=${name}`, "--format", "{{.Names}} {{.Status}}"]);
  }

  test("makes an image of a Node app, runs it, and leaves nothing running after Ctrl-C", async () => {
    const app = join(folder, "node");
    await cp(join(fixtures, "node-web"), app, { recursive: true });
    await mkdir(join(app, "node_modules"));
    await writeFile(join(app, "node_modules/not-mine"), "");
    await writeFile(join(app, ".gitignore"), "node_modules\n");
    const child = start(env, ["build", app, `${name}/node`, "-p", "0"]);
    const url = await child.printed(/http:\/\/127\.0\.0\.1:\d+/);
    assert.equal((await fetch(url)).status, 200);
    assert.equal(await child.end("SIGINT"), 0, child.text());
    assert.equal(await containers(), "");
    const files = await runOk("docker", ["run", "--rm", `${name}/node`, "ls", "/app/node_modules"]);
    assert.doesNotMatch(files, /not-mine/);
    const again = await buildOk(app, `${name}/node`, "again");
    assert.doesNotMatch(again.stdout, /Fetching|Installing Node/);
  });

  test("writes a compose file, and takes -b, -f, -i and -e", async () => {
    const app = await folderOf({ ...nullApp("page"), CHECKS: "/ page" });
    const buildpack = join(await folderOf({}), "given");
    await mkdir(join(buildpack, "bin"), { recursive: true });
    for (const [file, script] of Object.entries({
      detect: "echo Given",
      compile: 'cp "$3/MARK" "$1/mark"; echo "got $(cat "$3/MARK")."; cat /included',
    })) {
      await writeFile(join(buildpack, "bin", file), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    const base = `${name}/base`;
    await runOk("docker", ["build", "-q", "-t", base, "-"], { stdin: `FROM ${runImage}\nENV BASE=mine\n` });
    const options = ["-b", buildpack, "-f", base, "-i", "echo 'from \"include\"' > /included", "-e", "MARK=yes $1"];
    const { stdout, stderr } = await buildOk(app, `${name}/given`, "v1", "-o", "-", ...options);
    assert.match(
      stderr,
      /The file CHECKS has no effect[\s\S]*Given app detected[\s\S]*got \*{7}\.\n[\s\S]*from "include"/,
    );
    const { services } = parse(stdout);
    assert.equal(services.web.image, `${name}/given:v1`);
    assert.equal(services.web.environment.MARK, "yes $$1");
    const seen = await runOk("docker", [
      "run",
      "--rm",
      `${name}/given:v1`,
      "sh",
      "-c",
      "cat mark /included; echo $BASE; id -u",
    ]);
    assert.equal(seen, 'yes $1from "include"\nmine\n32767\n');
  });

  test("builds a Dockerfile as docker does, and takes -f and -i", async () => {
    const dockerfile =
      "FROM no-such-image.invalid/x\nUSER 1234\nWORKDIR /srv\nCOPY . .\nCMD perl server.pl\nEXPOSE 7000\n";
    const ignores = { ".dockerignore": "left-out\n", ".gitignore": "kept\n", "left-out": "", kept: "" };
    const app = await folderOf({
      ...nullApp("docker"),
      Procfile: "web: perl server.pl\n",
      Dockerfile: dockerfile,
      ...ignores,
    });
    const compose = join(folder, "compose.yml");
    await buildOk(app, `${name}/docker`, "-f", runImage, "-i", "id -u > /included", "-o", compose);
    const seen = await runOk("docker", ["run", "--rm", `${name}/docker`, "sh", "-c", "ls; cat /included; id -u"]);
    assert.match(seen, /^Dockerfile\nProcfile\nkept\npage\nserver.pl\n0\n1234\n$/);
    const { services } = parse(await readFile(compose, "utf8"));
    assert.deepEqual(services.web.ports, ["127.0.0.1:7000:7000"]);
  });

  test("keeps one image of a name, which no daemon takes for its own", async () => {
    const app = await folderOf(nullApp("one"));
    await buildOk(app, `${name}/one`);
    const id = async () => (await runOk("docker", ["image", "inspect", "-f", "{{.Id}}", `${name}/one`])).trim();
    const before = await id();
    await writeFile(join(app, "page"), "two");
    await buildOk(app, `${name}/one`);
    assert.notEqual(await id(), before);
    assert.notEqual((await run("docker", ["image", "inspect", before])).code, 0);
    const label = await runOk("docker", [
      "image",
      "inspect",
      "-f",
      '{{index .Config.Labels "berth.instance"}}',
      `${name}/one`,
    ]);
    assert.equal(label.trim(), "local");
  });

  test("leaves nothing behind when a build is canceled", async () => {
    const app = await folderOf({ ...nullApp("slow") });
    const buildpack = join(await folderOf({}), "slow");
    await mkdir(join(buildpack, "bin"), { recursive: true });
    for (const [file, script] of Object.entries({ detect: "echo Slow", compile: "echo sleeping; sleep 600" })) {
      await writeFile(join(buildpack, "bin", file), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    const child = start(env, ["build", app, `${name}/slow`, "-b", buildpack]);
    await child.printed(/sleeping/);
    const second = await build(app, `${name}/slow`);
    assert.match(second.stderr, /being built already/);
    assert.equal(await child.end("SIGINT"), 130, child.text());
    assert.equal(await containers(), "");
    assert.notEqual((await run("docker", ["image", "inspect", `${name}/slow`])).code, 0);
  });

  const failures: [what: string, files: Record<string, string>, words: string[], says: RegExp][] = [
    ["an app that ends at once", { Procfile: "web: exit 3\n" }, ["-p", "0"], /ended with exit code 3/],
    ["no web process", { Procfile: "worker: true\n" }, ["-p", "0"], /no process 'web' to run, only worker/],
    ["no app", { README: "" }, [], /Build failed|No buildpack fits/],
    ["a command that fails", { Procfile: "web: true\n" }, ["-i", "exit 7"], /ended with exit code 7/],
    ["a Docker engine that is not there", {}, [], /Docker/],
  ];
  for (const [what, files, words, says] of failures) {
    test(`says in a line what is wrong: ${what}`, async () => {
      const missing = what.includes("engine") ? { BERTH_DOCKER_SOCKET: join(folder, "no.sock") } : {};
      const app = await folderOf(files);
      const { code, stderr } = await run(main, ["build", app, `${name}/bad`, ...words], {
        env: { ...env, ...missing },
      });
      assert.equal(code, 1, stderr);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /\n {4}at /);
      assert.equal(await containers(), "");
    });
  }

  test("helps", async () => {
    for (const words of [
      ["build", "--help"],
      ["help", "build"],
    ]) {
      assert.match(await runOk(main, words, { env }), /^Usage: berth build/);
    }
    assert.match(await runOk(main, ["help"], { env }), /build \[<dir>\] <name>/);
  });
});

/** The command in the background. */
function start(env: Record<string, string>, words: readonly string[]) {
  const child: ChildProcess = spawn(main, words, { env: { PATH: process.env.PATH ?? "", ...env } });
  let all = "";
  let wake = (): void => undefined;
  const note = (text: string): void => {
    all += text;
    wake();
  };
  child.stdout?.setEncoding("utf8").on("data", note);
  child.stderr?.setEncoding("utf8").on("data", note);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  void ended.then(() => wake());
  return {
    text: () => all,
    async printed(pattern: RegExp): Promise<string> {
      for (;;) {
        const [found] = pattern.exec(all) ?? [];
        if (found !== undefined) return found;
        if (child.exitCode !== null) assert.fail(`${pattern} was not printed:\n${all}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async end(signal: NodeJS.Signals): Promise<number | null> {
      child.kill(signal);
      return ended;
    },
  };
}
