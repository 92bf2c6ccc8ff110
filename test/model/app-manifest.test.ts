import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { missingVars, parseAppManifest } from "../../src/model/app-manifest.ts";

const parse = (text: string) => parseAppManifest(text, "app.json");

describe("app.json", () => {
  test("may have comments and trailing commas, and tells which keys have no effect", () => {
    const manifest = parse(`{
      // who we are
      "name": "shop", "addons": ["postgres"], "cron": [{ "command": "x", "schedule": "@daily" }],
      "formation": { "web": { "quantity": 2, "size": "standard-1x" }, "worker": {} },
      "buildpacks": [{ "url": "heroku/nodejs" }, { "url": "https://example.test/b.tgz" },],
      "scripts": { "postdeploy": "seed", "dokku": { "predeploy": "assets", "postdeploy": "notify" } }, /* done */
    }`);
    assert.deepEqual(manifest.formation, { web: 2 });
    assert.deepEqual(manifest.buildpacks, ["heroku/nodejs", "https://example.test/b.tgz"]);
    assert.deepEqual(manifest.scripts, { predeploy: "assets", postdeploy: "notify", firstDeploy: "seed" });
    assert.deepEqual(manifest.ignored, ["addons", "cron", "formation.web.size"]);
  });

  for (const [text, reason] of [
    ["{\n\n  env: {} }", /^app\.json line 3: invalid symbol$/],
    ["[]", /^app\.json: the file must be an object$/],
    ['{"env": {"A B": "x"}}', /^Invalid key name: 'A B'$/],
    ['{"env": {"A": 1}}', /^app\.json: env\.A must be an object$/],
    ['{"env": {"A": {"value": 1}}}', /env\.A\.value must be a string$/],
    ['{"env": {"A": {"generator": "uuid"}}}', /env\.A\.generator must be "secret"$/],
    ['{"formation": {"web": {"quantity": -1}}}', /formation\.web\.quantity must be a whole number from 0 to 1000$/],
    ['{"formation": {"a/b": {"quantity": 1}}}', /formation\.a\/b does not name a process type$/],
    ['{"buildpacks": [{}]}', /buildpacks\[0\]\.url must be a string$/],
    ['{"scripts": {"postdeploy": ["x"]}}', /scripts\.postdeploy must be a string: a shell command$/],
  ] as const) {
    test(`is refused where it says ${text.replaceAll("\n", " ")}`, () => {
      assert.throws(() => parse(text), { name: "UserError", message: reason });
    });
  }
});

test("an app.json that is nested without end is refused", () => {
  assert.throws(() => parse("[".repeat(200_000)), { code: "invalid-app-manifest", message: /nested too deeply/ });
});

describe("the config vars of an app.json", () => {
  const { env } = parse(`{ "env": {
    "PLAIN": "one", "WITH_VALUE": { "value": "two" }, "SYNCED": { "value": "three", "sync": true },
    "SECRET": { "generator": "secret" }, "OPTIONAL": { "required": false }
  } }`);

  test("fill what the app does not have", () => {
    const { SECRET, ...others } = missingVars(env, { PLAIN: "mine" });
    assert.deepEqual(others, { WITH_VALUE: "two", SYNCED: "three" });
    assert.match(SECRET ?? "", /^[0-9a-f]{64}$/);
  });

  test("leave what it has, but for those that are kept in step with the file", () => {
    const present = { PLAIN: "", WITH_VALUE: "mine", SYNCED: "mine", SECRET: "kept" };
    assert.deepEqual(missingVars(env, present), { SYNCED: "three" });
    assert.deepEqual(missingVars(env, { ...present, SYNCED: "three" }), {});
  });

  test("name all that are required and missing", () => {
    const required = parse('{ "env": { "A": {}, "B": { "required": true }, "C": { "required": false } } }').env;
    assert.throws(() => missingVars(required, {}), {
      code: "config-var-required",
      message: "app.json requires A, B, and the app has no value for it",
    });
    assert.deepEqual(missingVars(required, { A: "1", B: "2" }), {});
  });
});
