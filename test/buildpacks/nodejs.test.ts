import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { before, suite, test } from "node:test";
import WebSocket from "ws";
import { run } from "../helpers/berth.ts";
import { type Built, Workbench } from "../helpers/builds.ts";
import { afterSuite } from "../helpers/suite.ts";

const server = `require("node:http").createServer((_, response) => response.end(process.version)).listen(process.env.PORT);`;
const offline = { network: "none" };

// One cache for all, and one test at a time: a runtime is 50 MB to download.
suite("buildpack nodejs", () => {
  let workbench: Workbench;
  let first: Built;
  const cleanUp = afterSuite();

  before(async () => {
    workbench = new Workbench(cleanUp);
    first = await workbench.build("node-web");
    assert.equal(first.code, 0, first.stdout + first.stderr);
  });

  test("a web app with dependencies is built, says what was chosen and why, and serves", async () => {
    assert.match(first.stdout, /^-----> Node\.js app detected$/m);
    assert.match(
      first.stdout,
      /^ {7}Node\.js 26\.\d+\.\d+, the newest that fits "26\.x" \(engines\.node in package\.json\)$/m,
    );
    assert.match(first.stdout, /^-----> Downloading Node\.js 26/m);
    assert.match(first.stdout, /npm ci --omit=dev/);
    assert.match(first.stdout, /Procfile declares types -> web, worker/);
    assert.doesNotMatch(first.stdout, /npm warn|Default types/);

    const { url, container } = await workbench.serve(first.image);
    assert.equal(await (await fetch(url)).text(), "version one\n");
    const env = (await (await fetch(`${url}/env`)).json()) as Record<string, string>;
    assert.deepEqual([env.PORT, env.HOME, env.NODE_ENV], ["5000", "/app", "production"]);

    const socket = new WebSocket(url.replace("http:", "ws:"));
    await once(socket, "open");
    socket.send("hello");
    const [data] = await once(socket, "message");
    assert.equal(String(data), "hello");
    socket.close();

    await run("docker", ["stop", "-t", "10", container]);
    assert.match((await run("docker", ["logs", container])).stdout, /node-web got SIGTERM/);
  });

  test("an unchanged app is built again without any network", async () => {
    const built = await workbench.build("node-web", offline);
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /Unchanged since the last build: taken from the cache/);
    assert.doesNotMatch(built.stdout, /Downloading|npm ci/);
    const { url } = await workbench.serve(built.image);
    assert.equal((await fetch(url)).status, 200);
  });

  test("a caller that keeps bases gets runtime and dependencies apart, once for each change of them", async () => {
    const again = await workbench.build("node-web", offline);
    assert.equal(again.result("base"), first.result("base"));
    assert.deepEqual(await again.files("/tmp/build/base"), []);
    assert.deepEqual((await again.files("/tmp/build/app")).filter(isOfBase), []);

    const without = await workbench.build("node-web", { ...offline, env: { BERTH_BASE: "" } });
    assert.equal(without.result("base"), first.result("base"));
    const files = await without.files("/tmp/build/base/app");
    assert.ok(files.includes("app/.berth/node/bin/node") && files.includes("app/node_modules/ws/package.json"));
    assert.deepEqual((await without.files("/tmp/build/app")).filter(isOfBase), []);
  });

  test("a caller that keeps none gets everything in the app", async () => {
    const whole = await workbench.build("node-web", { ...offline, whole: true });
    assert.equal(whole.result("base"), undefined);
    const { url } = await workbench.serve(whole.image);
    assert.equal(await (await fetch(url)).text(), "version one\n");
  });

  test("without engines.node the line in long-term support is taken, and how to choose is told", async () => {
    const built = await workbench.build({ "package.json": "{}", "server.js": server }, offline);
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /Node\.js 26[\d.]+, the newest of 26\.x: the line in long-term support/);
    assert.match(built.stdout, /To choose another, write into package\.json: "engines": \{ "node": "24\.x" \}/);
    assert.match(built.stdout, /Default types for nodejs -> web/);
    const { url } = await workbench.serve(built.image);
    assert.match(await (await fetch(url)).text(), /^v26\./);
  });

  test("an app without a start script and server.js runs its main file, and one without that is told so", async () => {
    const main = { "package.json": '{"main":"lib/app"}', "lib/app.js": "" };
    assert.match((await workbench.build(main, offline)).result("release") ?? "", /^ {2}web: node lib\/app$/m);
    const worker = await workbench.build({ ...main, Procfile: "worker: node lib/app\n" }, offline);
    assert.doesNotMatch(worker.stdout, /Default types|Nothing/);
    const built = await workbench.build({ "package.json": '{"name":"x"}', "a.js": "" }, offline);
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, / ! {5}Nothing of this app will run: no file Procfile says how it is started$/m);
  });

  for (const [what, manifest, expected] of [
    ["a version that does not exist", '{"engines":{"node":"99.x"}}', /No version of node fits engines\.node.*"99\.x"/],
    ["a range that is none", '{"engines":{"node":"newest please"}}', /no version range: "newest please"/],
    ["broken JSON", '{"name": }', /package\.json is not valid JSON: .*line 1/],
    ["JSON that is no object", "[]", /has to hold a JSON object/],
    ["engines that are no object", '{"engines":"26"}', /"engines" in package\.json has to be an object/],
  ] as const) {
    test(`package.json with ${what} fails the build with one clear reason`, async () => {
      const { code, stdout } = await workbench.build({ "package.json": manifest });
      assert.equal(code, 1);
      assert.match(stdout, expected);
      assert.doesNotMatch(stdout, /Traceback/);
    });
  }

  test("a registry that cannot be reached is named, and the build fails", async (t) => {
    const fresh = new Workbench(t);
    const { code, stdout } = await fresh.build("worker", offline);
    assert.equal(code, 1);
    assert.match(stdout, /The npm registry cannot be reached \(http/);
  });

  test("takes the public registry if neither machine nor app names one", async () => {
    const file = (url: string): string => `registry=${url}\n`;
    const cases: [machine: string, app: string, environment: string, config: string, expected: string][] = [
      ["", "", "", "", "https://registry.npmjs.org/"],
      ["fund=false\n", "save-exact=true\n", "", "", "https://registry.npmjs.org/"],
      [file("https://machine.test"), "", "", "", "https://machine.test"],
      [file("https://machine.test"), file("https://app.test"), "", "", "https://app.test"],
      [file("https://machine.test"), file("https://app.test"), "https://host.test", "", "https://host.test"],
      ["", "", "https://host.test", "https://config.test", "https://config.test"],
    ];
    const script = [
      "import json, os, sys, tempfile",
      `sys.path.insert(0, "${import.meta.dirname}/../../buildpacks/nodejs/lib")`,
      "sys.dont_write_bytecode = True",
      "import npmrc",
      "def registry(machine, app, environment, config, _):",
      "    with tempfile.TemporaryDirectory() as folder:",
      "        npmrc.MACHINE_SETTINGS = os.path.join(folder, 'machine')",
      "        for name, text in ((npmrc.MACHINE_SETTINGS, machine), (os.path.join(folder, '.npmrc'), app)):",
      "            with open(name, 'w') as file: file.write(text)",
      "        os.environ['npm_config_registry'] = environment",
      "        return npmrc.registry_and_token(folder, {'NPM_CONFIG_REGISTRY': config})[0]",
      "print(json.dumps([registry(*case) for case in json.load(sys.stdin)]))",
    ].join("\n");
    const found = execFileSync("python3", ["-c", script], { input: JSON.stringify(cases), encoding: "utf8" });
    assert.deepEqual(
      JSON.parse(found),
      cases.map(([, , , , expected]) => expected),
    );
  });

  test("a failing build script fails the build with its output and its exit code", async () => {
    const { code, stdout, stderr } = await workbench.build("build-fails", offline);
    assert.equal(code, 1);
    assert.match(stdout, /-----> Running the script build\n(.*\n)*compiling\nsrc\/index\.ts:3/);
    assert.match(stdout, / ! {5}Buildpack nodejs failed with exit code 1\n$/);
    assert.equal(stderr, "");
  });

  test("the build script has development dependencies and config vars; the image has neither", async () => {
    const files = {
      "package.json": JSON.stringify({
        engines: { node: "26.x" },
        scripts: { build: "node build.js", start: "node server.js" },
        dependencies: { nanoid: "^5.0.0" },
        devDependencies: { mime: "^4.0.0" },
      }),
      "build.js": `import("mime").then(({ default: mime }) =>
        require("node:fs").writeFileSync("built.txt", mime.getType("a.html") + " " + process.env.GREETING));`,
      "server.js": server,
    };
    const built = await workbench.build(files, { config: { GREETING: "from config" } });
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /No package-lock\.json: versions may differ/);
    assert.match(built.stdout, /-----> Removing development dependencies/);
    const { stdout } = await workbench.command(built.image, "/exec", "sh", "-c", "cat built.txt; ls node_modules");
    assert.equal(stdout, "text/html from confignanoid\n");
  });

  test("a lockfile that does not fit package.json fails the build with npm's own words", async () => {
    const { code, stdout } = await workbench.build({
      "package.json": '{"name":"x","version":"1.0.0","dependencies":{"nanoid":"^5.0.0"}}',
      "package-lock.json":
        '{"name":"x","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"x","version":"1.0.0"}}}',
    });
    assert.notEqual(code, 0);
    assert.match(stdout, /npm error .*in sync/);
    assert.match(stdout, /Buildpack nodejs failed with exit code/);
  });

  test("a hundred packages are installed, served, and taken over by the next build", async () => {
    const built = await workbench.build("node-hundred");
    assert.equal(built.code, 0, built.stdout);
    const { url } = await workbench.serve(built.image);
    assert.equal(await (await fetch(url)).text(), "a hundred packages\n");
    const again = await workbench.build("node-hundred", offline);
    assert.match(again.stdout, /taken from the cache/);
    const count = ["sh", "-c", "find node_modules | wc -l"];
    const counts = [await workbench.command(built.image, ...count), await workbench.command(again.image, ...count)];
    assert.equal(counts[0]?.stdout, counts[1]?.stdout);
  });

  test("workers, apps that crash and apps on another port are built like any other", async () => {
    const worker = await workbench.build("worker", offline);
    assert.match(worker.stdout, /Procfile declares types -> worker, clock/);
    for (const name of ["crash-at-boot", "wrong-port"]) {
      const { code, stdout } = await workbench.build(name, offline);
      assert.equal(code, 0, stdout);
    }
  });

  test("ranges of versions mean what they mean to npm", () => {
    const versions = ["18.20.8", "20.0.0-rc.1", "20.0.0", "20.19.5", "22.1.0", "22.23.3", "23.0.0-beta.2", "24.0.1"];
    const expected: Record<string, string | null> = {
      "": "24.0.1",
      "*": "24.0.1",
      "20": "20.19.5",
      "20.x": "20.19.5",
      v22: "22.23.3",
      "22.1": "22.1.0",
      "^20.0.0": "20.19.5",
      "~20.0": "20.0.0",
      "~20": "20.19.5",
      ">=18 <22": "20.19.5",
      ">= 18": "24.0.1",
      ">20": "24.0.1",
      "<=20": "20.19.5",
      "<20": "18.20.8",
      "18 - 20.0": "20.0.0",
      "18 || 22": "22.23.3",
      "20.0.0-rc.1": "20.0.0-rc.1",
      ">=23.0.0-beta.1 <24": "23.0.0-beta.2",
      "99": null,
      "20 beta": "ValueError",
    };
    const script = [
      "import json, sys",
      `sys.path.insert(0, "${import.meta.dirname}/../../buildpacks/nodejs/lib")`,
      "sys.dont_write_bytecode = True",
      "import semver",
      "versions, ranges = json.load(sys.stdin)",
      "def newest(text):",
      "    try: return semver.newest(versions, text)",
      "    except ValueError: return 'ValueError'",
      "print(json.dumps([newest(text) for text in ranges]))",
    ].join("\n");
    const input = JSON.stringify([versions, Object.keys(expected)]);
    const found = JSON.parse(execFileSync("python3", ["-c", script], { input, encoding: "utf8" })) as unknown[];
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((range, i) => [range, found[i]])), expected);
  });
});

function isOfBase(path: string): boolean {
  return /^app\/(node_modules|\.berth\/(node|base))/.test(path);
}
