import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { type Built, Workbench } from "../helpers/builds.ts";
import { afterSuite } from "../helpers/suite.ts";

const offline = { network: "none" };
const fixtures = join(import.meta.dirname, "../fixtures/apps");
const main = 'package main\n\nfunc main() { println("hello") }\n';

// One cache for all, and one test at a time: Go is 80 MB to download.
suite("buildpack go", () => {
  let workbench: Workbench;
  let first: Built;
  const cleanUp = afterSuite();

  before(async () => {
    workbench = new Workbench(cleanUp);
    first = await workbench.build("go-web", {
      config: { GO_LINKER_SYMBOL: "main.commit" },
      env: { SOURCE_VERSION: "c0ffee" },
    });
    assert.equal(first.code, 0, first.stdout + first.stderr);
  });

  test("a module with dependencies is built, says what was chosen and why, and serves", async () => {
    assert.match(first.stdout, /^-----> Go app detected$/m);
    assert.match(first.stdout, /^ {7}Go 1\.26\.\d+, the newest that fits 1\.26 \(go in go\.mod\)$/m);
    assert.match(first.stdout, /To choose another, write into go\.mod: toolchain go1\./);
    assert.match(first.stdout, /^-----> Downloading Go 1\.26/m);
    assert.doesNotMatch(first.stdout, /not checked/);
    assert.match(first.stdout, /^ {7}go: downloading rsc\.io\/quote v1\.5\.2$/m);
    assert.match(first.stdout, /Default types for go -> web/);
    const { url } = await workbench.serve(first.image);
    assert.equal(
      await (await fetch(url)).text(),
      "Don't communicate by sharing memory, share memory by communicating.\n",
    );
    assert.match(await (await fetch(`${url}/version`)).text(), /^go1\.26\.\d+ c0ffee$/);
  });

  test("the image has the program and neither Go nor its caches", async () => {
    const files = await first.files("/tmp/build/app");
    assert.ok(files.includes("app/bin/go-web"));
    assert.ok(files.length < 20, files.join("\n"));
  });

  test("a changed line is built without any network, with Go and modules from the cache", async () => {
    const folder = await workbench.folderOf({});
    await cp(join(fixtures, "go-web"), folder, { recursive: true });
    const source = await readFile(join(folder, "main.go"), "utf8");
    await writeFile(join(folder, "main.go"), source.replace("quote.Go()", '"another line: " + quote.Hello()'));
    const built = await workbench.buildFolder(folder, offline);
    assert.equal(built.code, 0, built.stdout);
    assert.doesNotMatch(built.stdout, /ownloading/);
    const { url } = await workbench.serve(built.image);
    assert.match(await (await fetch(url)).text(), /^another line: /);
  });

  test("vendored modules, and Heroku's directives in go.mod", async () => {
    const built = await workbench.build("go-vendored", offline);
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /Go 1\.26\.\d+, the newest that fits go1\.26 \(\/\/ \+heroku goVersion in go\.mod\)/);
    assert.match(built.stdout, /Building \S+\/cmd\/server \S+\/cmd\/tool\n {7}Modules: those in vendor/);
    assert.equal(built.result("release"), "---\ndefault_process_types:\n  web: bin/server\n");
    const { url } = await workbench.serve(built.image);
    assert.match(await (await fetch(url)).text(), /^3 go1\.26/);
    assert.equal((await workbench.command(built.image, "/exec", "tool")).stderr, "a tool\n");
  });

  test("of several programs none is taken for the server by guess", async () => {
    const files = { "go.mod": "module x\ngo 1.26\n", "a/main.go": main, "b/main.go": main };
    const built = await workbench.build(files, offline);
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /Name the one to start in a Procfile: web: bin\/a/);
    assert.doesNotMatch(built.stdout, /Default types/);
    assert.doesNotMatch((await workbench.build({ ...files, Procfile: "web: bin/b" }, offline)).stdout, /Name the one/);
  });

  for (const [what, files, expected] of [
    ["a version that does not exist", { "go.mod": "module x\ngo 1.99\n" }, /No Go 1\.99 can be had.*the newest is 1\./],
    ["a version that is none", { "go.mod": "module x\ngo newest\n" }, /no version of Go: "newest" \(go in go\.mod\)/],
    ["no program", { "go.mod": "module x\ngo 1.26\n", "x.go": "package x\n" }, /No package main in this module/],
    ["code that does not compile", { "go.mod": "module x\ngo 1.26\n", "x.go": `${main}!` }, /x\.go:4:1: syntax error/],
  ] as const) {
    test(`a module with ${what} fails the build with one clear reason`, async () => {
      const { code, stdout } = await workbench.build(files, offline);
      assert.equal(code, 1, stdout);
      assert.match(stdout, expected);
      assert.doesNotMatch(stdout, /Traceback/);
    });
  }

  test("a proxy that cannot be reached is named, with what to do", async (t) => {
    const fresh = new Workbench(t);
    const { code, stdout } = await fresh.build("go-web", offline);
    assert.equal(code, 1);
    assert.match(stdout, /Go cannot be had from a module proxy: http/);
    assert.match(stdout, /GOPROXY/);
  });
});
