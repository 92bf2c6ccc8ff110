import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { type Built, Workbench } from "../helpers/builds.ts";
import { afterSuite } from "../helpers/suite.ts";

const offline = { network: "none" };

const workspaceLock = `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

importers:

  .: {}

  web:
    dependencies:
      ms:
        specifier: 2.1.3
        version: 2.1.3
      words:
        specifier: workspace:*
        version: link:../words

  words:
    devDependencies:
      left-pad:
        specifier: 1.3.0
        version: 1.3.0

packages:

  left-pad@1.3.0:
    resolution: {integrity: sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA==}

  ms@2.1.3:
    resolution: {integrity: sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==}

snapshots:

  left-pad@1.3.0: {}

  ms@2.1.3: {}
`;

// One cache for all, and one test at a time: Node.js is 50 MB to download.
suite("buildpack nodejs with yarn and pnpm", () => {
  let workbench: Workbench;
  const cleanUp = afterSuite();

  before(() => {
    workbench = new Workbench(cleanUp);
  });

  for (const { app, chosen, told } of [
    {
      app: "yarn",
      chosen: /^ {7}yarn 1\.\d+\.\d+ \("1\.x": yarn\.lock is of version 1\)$/m,
      told: /--frozen-lockfile/,
    },
    { app: "berry", chosen: /^ {7}yarn [4-9]\.\d+\.\d+, the newest \(for yarn\.lock\)$/m, told: /install --immutable/ },
    { app: "pnp", chosen: /^ {7}yarn [4-9]\.\d+\.\d+/m, told: /install --immutable/ },
    {
      app: "pnpm",
      chosen: /^ {7}pnpm 10\.34\.9 \("10\.34\.9": packageManager in package\.json\)$/m,
      told: /--frozen-lockfile --prod=false/,
    },
  ]) {
    test(`node-${app}: installed as its lockfile says, built, pruned, served, and built again offline`, async () => {
      const built = await workbench.build(`node-${app}`);
      assert.equal(built.code, 0, built.stdout);
      assert.match(built.stdout, chosen);
      assert.match(built.stdout, told);
      assert.match(built.stdout, /-----> Running the script build/);
      assert.match(built.stdout, /-----> Removing development dependencies/);
      assert.equal(await page(built), `${app} 1m text/html\n`);
      assert.equal((await development(built)).length, 0);

      const again = await workbench.build(`node-${app}`, offline);
      assert.equal(again.code, 0, again.stdout);
      assert.equal(again.result("base"), built.result("base"));
      const dependencies = (await again.files("/tmp/build/app")).filter((name) => /node_modules|\.zip$/.test(name));
      assert.deepEqual(dependencies, []);
    });
  }

  test("a lockfile that does not fit package.json fails the build", async () => {
    const { code, stdout } = await workbench.build({
      "package.json": '{"name":"x","packageManager":"pnpm@10.34.9","dependencies":{"ms":"1.0.0"}}',
      "pnpm-lock.yaml": "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n",
    });
    assert.equal(code, 1);
    assert.match(stdout, /ERR_PNPM_OUTDATED_LOCKFILE/);
  });

  test("packages of a workspace have what they need to be built and to run, also where the top has no dependencies", async () => {
    const built = await workbench.build({
      "package.json": JSON.stringify({
        packageManager: "pnpm@10.34.9",
        scripts: { build: "pnpm -r run build", start: "node web/server.js" },
      }),
      "pnpm-workspace.yaml": "packages:\n  - web\n  - words\n",
      "pnpm-lock.yaml": workspaceLock,
      "web/package.json": '{"name":"web","dependencies":{"ms":"2.1.3","words":"workspace:*"}}',
      "web/server.js": `require("node:http").createServer((_, response) => response.end(require("ms")(1000) + require("words").built))
        .listen(process.env.PORT);`,
      "words/package.json":
        '{"name":"words","main":"built.js","scripts":{"build":"node build.js"},"devDependencies":{"left-pad":"1.3.0"}}',
      "words/build.js": `require("node:fs").writeFileSync("built.js", "exports.built = '" + require("left-pad")("", 2, "!") + "'");`,
    });
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /They stay: pnpm cannot tell them from the others in a workspace/);
    assert.equal(await page(built), "1s!!");
  });

  test("a package manager with another digest than packageManager has is refused", async (t) => {
    const manifest = `{"packageManager":"pnpm@10.34.9+sha512.${"ab".repeat(64)}"}`;
    const { code, stdout } = await new Workbench(t).build({ "package.json": manifest, "server.js": "" });
    assert.equal(code, 1);
    assert.match(stdout, /pnpm 10\.34\.9 in the npm registry is not the one whose digest packageManager/);
  });

  test("of several lockfiles the one of packageManager counts, and the others are named", async () => {
    const { code, stdout } = await workbench.build(
      {
        "package.json": '{"packageManager":"pnpm@10.34.9"}',
        "package-lock.json": "{}",
        "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
      },
      offline,
    );
    assert.equal(code, 0, stdout);
    assert.match(stdout, /package-lock\.json is not read: this app is installed with pnpm/);
  });

  test("NODE_MODULES_CACHE=false installs anew each time", async () => {
    const built = await workbench.build("node-yarn", { config: { NODE_MODULES_CACHE: "false" } });
    assert.equal(built.code, 0, built.stdout);
    assert.doesNotMatch(built.stdout, /taken from the cache/);
  });

  async function page(built: Built): Promise<string> {
    const { url } = await workbench.serve(built.image);
    return (await fetch(url)).text();
  }

  /** Files of the image that only development needs. */
  async function development(built: Built): Promise<string[]> {
    const find = "find node_modules .yarn -name 'mime' -o -name 'mime-npm-*' | grep . || true";
    const { stdout } = await workbench.command(built.image, "/exec", "sh", "-c", find);
    return stdout.split("\n").filter(Boolean);
  }
});
