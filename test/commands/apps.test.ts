import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import type { App } from "../../src/model/app.ts";
import { UserError } from "../../src/model/errors.ts";
import { commandLine, release, requireApp } from "./harness.ts";

const app = (name: string): App => ({
  id: `id-${name}`,
  name,
  createdAt: 1_700_000_000_123,
  currentReleaseId: undefined,
  stopped: false,
});

describe("apps:create", () => {
  test("says what it has made", async () => {
    const names: string[] = [];
    const ran = await commandLine({
      createApp: async ({ name }) => {
        names.push(name);
        return app(name);
      },
    })(["apps:create", "shop"]);
    assert.deepEqual([ran.code, ran.stdout, ran.stderr, names], [0, "-----> Creating shop...\n", "", ["shop"]]);
  });

  test("passes on why a name cannot be had", async () => {
    const ran = await commandLine({
      createApp: async () => {
        throw new UserError("name-taken", "Name is already taken");
      },
    })(["apps:create", "shop"]);
    assert.deepEqual([ran.code, ran.stderr], [1, " !     Name is already taken\n"]);
  });
});

describe("apps:list", () => {
  const run = commandLine({ listApps: async () => [app("blog"), app("shop")] });

  test("has a heading, and none with --quiet", async () => {
    assert.equal((await run(["apps:list"])).stdout, "=====> My Apps\nblog\nshop\n");
    assert.equal((await run(["--quiet", "apps:list"])).stdout, "blog\nshop\n");
  });

  test("is an array of names in JSON", async () => {
    assert.equal((await run(["apps:list", "--format", "json"])).stdout, '["blog","shop"]\n');
    assert.equal((await run(["apps:list", "--format=stdout"])).stdout, "=====> My Apps\nblog\nshop\n");
    const wrong = await run(["apps:list", "--format", "xml"]);
    assert.deepEqual(
      [wrong.code, wrong.stderr],
      [1, " !     Invalid format: 'xml'\n !     Choose from stdout, json, text\n"],
    );
  });

  test("says so where there is none", async () => {
    const none = commandLine({ listApps: async () => [] });
    assert.equal((await none(["apps:list"])).stderr, " !     You haven't deployed any applications yet\n");
    assert.equal((await none(["apps:list", "--format", "json"])).stdout, "[]\n");
  });
});

describe("apps:exists", () => {
  test("answers with the exit code", async () => {
    const run = commandLine({ requireApp: requireApp("shop") });
    assert.deepEqual(await run(["apps:exists", "shop"]).then(({ code, both }) => [code, both]), [0, ""]);
    const missing = await run(["apps:exists", "blog"]);
    assert.deepEqual([missing.code, missing.stderr], [20, " !     App blog does not exist\n"]);
  });
});

describe("apps:rename", () => {
  test("hands over both names", async () => {
    const seen: unknown[] = [];
    const ran = await commandLine({
      requireApp: requireApp("shop"),
      renameApp: async (input) => {
        seen.push(input);
        return app(input.name);
      },
    })(["apps:rename", "shop", "store"]);
    assert.deepEqual([ran.stdout, seen], ["-----> Renaming shop to store...\n", [{ app: "shop", name: "store" }]]);
  });
});

describe("apps:destroy", () => {
  const warning =
    " !     WARNING: Potentially Destructive Action\n" +
    " !     This command will destroy app shop.\n" +
    ' !     To proceed, type "shop"\n> ';

  function setUp() {
    const destroyed: string[] = [];
    const run = commandLine({
      requireApp: requireApp("shop"),
      destroyApp: async (input) => void destroyed.push(input.app),
    });
    return { run, destroyed };
  }

  test("asks, and destroys when the name was typed", async () => {
    const { run, destroyed } = setUp();
    const ran = await run(["apps:destroy", "shop"], { input: "shop\n" });
    assert.deepEqual(
      [ran.code, ran.stderr, ran.stdout, destroyed],
      [0, warning, "-----> Destroying shop (including all add-ons)\n", ["shop"]],
    );
  });

  test("destroys nothing when something else was typed, or nothing", async () => {
    const { run, destroyed } = setUp();
    for (const input of ["blog\n", "\n", "", "shopp\n", "yes\nshop\n"]) {
      const ran = await run(["apps:destroy", "shop"], { input });
      assert.equal(ran.code, 1);
      assert.match(ran.stderr, / ! {5}Confirmation did not match test\. Aborted\.$/m);
    }
    assert.deepEqual(destroyed, []);
  });

  test("takes an answer that comes in pieces, and leaves the stream open", async () => {
    const { run, destroyed } = setUp();
    const stdin = new PassThrough();
    const ran = run(["apps:destroy", "shop"], { stdin });
    stdin.write("sh");
    setImmediate(() => stdin.write("op\r\n"));
    assert.equal((await ran).code, 0);
    assert.deepEqual(destroyed, ["shop"]);
  });

  test("gives up waiting for the answer when the caller goes", async () => {
    const { run, destroyed } = setUp();
    const controller = new AbortController();
    const ran = run(["apps:destroy", "shop"], { stdin: new PassThrough(), signal: controller.signal });
    controller.abort(new Error("gone"));
    assert.equal((await ran).code, 130);
    assert.deepEqual(destroyed, []);
  });

  test("does not ask with --force", async () => {
    const { run, destroyed } = setUp();
    for (const words of [
      ["apps:destroy", "shop", "--force"],
      ["--force", "apps:destroy", "shop"],
    ]) {
      const ran = await run(words);
      assert.deepEqual([ran.code, ran.stderr], [0, ""]);
    }
    assert.deepEqual(destroyed, ["shop", "shop"]);
  });

  test("does not ask about an app that does not exist", async () => {
    const { run } = setUp();
    const ran = await run(["apps:destroy", "blog"], { input: "blog\n" });
    assert.deepEqual([ran.code, ran.stderr], [20, " !     App blog does not exist\n"]);
  });
});

describe("apps:report", () => {
  const run = commandLine({
    listApps: async () => [app("blog"), app("shop")],
    appReport: async ({ app: name }) => ({
      app: app(name),
      current: release({ version: 3 }),
      busyWith: undefined,
      urls: [`http://${name}.example.com`],
      directory: `/srv/${name}`,
    }),
  });
  const shop = [
    "=====> shop app information",
    "       App busy with:                 ",
    "       App created at:                1700000000",
    "       App deploy source:             git",
    "       App deploy source metadata:    1111111111111111111111111111111111111111",
    "       App dir:                       /srv/shop",
    "       App locked:                    false",
    "       App release:                   v3",
    "       App stopped:                   false",
    "       App urls:                      http://shop.example.com",
    "",
  ].join("\n");

  test("has one line for each key, sorted", async () => {
    assert.equal((await run(["apps:report", "shop"])).stdout, shop);
  });

  test("is about every app where none is named", async () => {
    assert.equal((await run(["apps:report"])).stdout, shop.replaceAll("shop", "blog") + shop);
  });

  test("with one flag is that value alone", async () => {
    assert.equal((await run(["apps:report", "shop", "--app-dir"])).stdout, "/srv/shop\n");
    assert.equal((await run(["apps:report", "--app-dir", "shop"])).stdout, "/srv/shop\n");
    assert.equal((await run(["apps:report", "--app-dir"])).stdout, "/srv/blog\n/srv/shop\n");
  });

  test("refuses two flags, a flag with JSON, and a flag it does not have", async () => {
    const two = await run(["apps:report", "shop", "--app-dir", "--app-locked"]);
    assert.deepEqual([two.code, two.stderr], [1, " !     apps:report command allows only a single flag\n"]);
    const json = await run(["apps:report", "shop", "--app-dir", "--format", "json"]);
    assert.deepEqual(
      [json.code, json.stderr],
      [1, " !     --format flag cannot be specified when specifying an info flag\n"],
    );
    const unknown = await run(["apps:report", "shop", "--nope"]);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /^ ! {5}Invalid flag passed, valid flags: --app-busy-with, --app-created-at, /);
  });

  test("in JSON is a flat map of texts, with and without the prefix", async () => {
    const { stdout } = await run(["apps:report", "shop", "--format", "json"]);
    assert.equal(stdout.split("\n").length, 2);
    const report = JSON.parse(stdout) as Record<string, string>;
    assert.deepEqual([report.dir, report["app-dir"], report["created-at"]], ["/srv/shop", "/srv/shop", "1700000000"]);
    assert.deepEqual(Object.keys(report), Object.keys(report).sort());
    const all = JSON.parse((await run(["apps:report", "--format", "json"])).stdout);
    assert.deepEqual(Object.keys(all), ["blog", "shop"]);
  });
});
