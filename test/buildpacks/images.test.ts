import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { run } from "../helpers/berth.ts";
import { Workbench } from "../helpers/builds.ts";
import { buildImage } from "../helpers/images.ts";

suite("the images' /build, /start and /exec", { concurrency: 2 }, () => {
  test("an app with a Procfile and nothing to detect is built by null and served", async (t) => {
    const workbench = new Workbench(t);
    const built = await workbench.build("null-app");
    assert.equal(built.code, 0, built.stdout);
    assert.equal(
      built.stdout,
      "-----> null app detected\n-----> Discovering process types\n       Procfile declares types -> web\n",
    );
    assert.equal(built.result("buildpack"), "null");
    assert.equal(built.result("procfile"), "web: perl server.pl\n");
    const { url } = await workbench.serve(built.image);
    assert.equal(await (await fetch(url)).text(), "version one\n");
  });

  test("an app that no buildpack fits fails and is told what each would need", async (t) => {
    const { code, stdout, stderr } = await new Workbench(t).build("no-buildpack");
    assert.equal(code, 1);
    assert.match(stdout, /^ ! {5}No buildpack fits this app\. Tried: [a-z, ]+$/m);
    assert.match(stdout, /^ {7}nodejs needs a package\.json$/m);
    assert.equal(stderr, "");
  });

  test("/build without a dash makes /app runnable, as herokuish does", async (t) => {
    const workbench = new Workbench(t);
    const files = { Procfile: "web: true\r\nworker: echo at work in $HOME and $PWD\n", ".hidden": "1" };
    const { code, stdout, image } = await workbench.buildInApp(files);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /Procfile declares types -> web, worker/);
    const started = await workbench.command(image, "/start", "worker");
    assert.equal(started.stdout, "at work in /app and /app\n");
    assert.equal((await workbench.command(image, "/exec", "cat", ".hidden")).stdout, "1");
  });

  test("/start runs lines with quotes and colons, passes their exit code on and knows its types", async (t) => {
    const workbench = new Workbench(t);
    const Procfile = `# comment: none\nquoted: printf '%s|' "a b" c:d && exit 7\nport: echo $PORT\n`;
    const { image } = await workbench.build({ Procfile });
    const quoted = await workbench.command(image, "/start", "quoted");
    assert.deepEqual([quoted.stdout, quoted.code], ["a b|c:d|", 7]);
    assert.equal((await workbench.command(image, "/start", "port")).stdout, "5000\n");
    const unknown = await workbench.command(image, "/start", "web");
    assert.equal(unknown.code, 1);
    assert.equal(unknown.stderr, " !     No process type 'web'. This app has: quoted, port\n");
  });

  test("/exec sources .profile.d and .profile, and leaves the words of its command as they are", async (t) => {
    const workbench = new Workbench(t);
    const { image } = await workbench.build({
      Procfile: "web: true\n",
      ".profile.d/a.sh": "set -- other words\nexport FIRST=1 SECOND=1\n",
      ".profile": "export SECOND=2\n",
    });
    const { stdout } = await workbench.command(image, "/exec", "bash", "-c", 'echo "$FIRST$SECOND $# $1"', "x", "a  b");
    assert.equal(stdout, "12 1 a  b\n");
    assert.equal((await workbench.command(image, "/exec", "no-such-program")).code, 127);
  });

  test("a stop signal reaches every process of a dyno, also behind a shell", async (t) => {
    const workbench = new Workbench(t);
    const script = "trap 'echo got it; exit 0' TERM; echo ready; while :; do sleep 0.1; done";
    const { image } = await workbench.build({ Procfile: "web: bash run.sh && true\n", "run.sh": script });
    const container = await workbench.start(image, "web");
    await waitForLog(container, "ready");
    await run("docker", ["stop", "-t", "10", container]);
    await waitForLog(container, "got it");
  });

  test(".slugignore takes files away before the build, and nothing outside", async (t) => {
    const workbench = new Workbench(t);
    const { image } = await workbench.build({
      ".slugignore": "# not these\n*.psd\r\n/docs/\n../../../etc/passwd\nspec\n",
      Procfile: "web: true\n",
      "a.psd": "",
      "deep/er/b.psd": "",
      "docs/c": "",
      "deep/docs/d": "",
      "deep/spec/e": "",
      "with space.psd": "",
    });
    const { stdout } = await workbench.command(image, "find", ".", "-type", "f", "-not", "-name", ".*");
    assert.deepEqual(stdout.trim().split("\n").sort(), ["./Procfile", "./deep/docs/d"]);
  });

  test("buildpacks see config vars as files and not in their environment", async (t) => {
    const workbench = new Workbench(t);
    const built = await workbench.build(
      { "package.json": '{"scripts":{"heroku-prebuild":"env | sort"}}', Procfile: "web: true\n" },
      { config: { SECRET_OF_APP: "a 'b'\nc", PATH: "/nowhere" }, env: { SOURCE_VERSION: "c0ffee", GIT_DIR: "/x" } },
    );
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /^SECRET_OF_APP=a 'b'$/m);
    assert.match(built.stdout, /^SOURCE_VERSION=c0ffee$/m);
    assert.match(built.stdout, /^STACK=heroku-/m);
    assert.doesNotMatch(built.stdout, /^GIT_DIR=|PATH=\/nowhere$/m);
    assert.equal((await workbench.command(built.image, "grep", "-r", "SECRET_OF_APP", "/app")).stdout, "");
  });

  test("a tar that is none fails the build", async () => {
    const args = ["run", "--rm", "-i", "--network", "none", buildImage, "/build", "-"];
    const { code, stdout } = await run("docker", args, { stdin: "this is no tar\n".repeat(100) });
    assert.notEqual(code, 0);
    assert.match(stdout, /tar/);
  });

  test("an app cannot write to the buildpacks, nor become root", async () => {
    const script = "touch /buildpacks/null/bin/x /usr/local/lib/berth/x; id -u";
    const { stdout, stderr } = await run("docker", [
      "run",
      "--rm",
      "--network",
      "none",
      buildImage,
      "bash",
      "-c",
      script,
    ]);
    assert.equal(stdout, "32767\n");
    assert.equal(stderr.match(/Permission denied/g)?.length, 2);
  });
});

async function waitForLog(container: string, text: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const { stdout } = await run("docker", ["logs", container]);
    if (stdout.includes(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${text} is not in the log`);
}
