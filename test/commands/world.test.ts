import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld } from "../helpers/world.ts";
import { commandLine } from "./harness.ts";

test("commands on the real operations: an app's life from create to destroy", async (t) => {
  const world = await createWorld(t);
  const run = commandLine(world.operations);
  const ok = async (...words: string[]): Promise<string> => {
    const ran = await run(words);
    assert.equal(ran.code, 0, `${words.join(" ")}\n${ran.both}${ran.logged}`);
    return ran.stdout;
  };

  assert.equal(await ok("apps:create", "shop"), "-----> Creating shop...\n");
  assert.equal((await run(["apps:create", "shop"])).stderr.split("\n")[0], " !     Name is already taken");
  assert.equal((await run(["apps:create", "Shop!"])).code, 1);
  await ok("config:set", "shop", "A=x y", "B=one\ntwo");
  assert.equal(await ok("config:get", "shop", "B"), "one\ntwo\n");

  await world.deploy("shop");
  const restarted = await ok("config:set", "shop", "C=3");
  assert.match(restarted, /^-----> Setting config vars\n {7}C: {2}\*{7}\n-----> Restarting app shop\n/);
  assert.match(await ok("releases", "shop"), /\nv2 .*current.*\nv1 /);
  assert.match(await ok("rollback", "shop", "v1"), /=====> shop now runs v3: /);
  assert.match(await ok("ps:scale", "shop"), /\nweb: {2}1\n/);
  await ok("ps:scale", "shop", "web=2");
  assert.equal(await ok("ps:report", "shop", "--running"), "true\n");
  assert.equal(await ok("ps:report", "shop", "--processes"), "2\n");
  await ok("ps:stop", "shop");
  assert.equal(await ok("apps:report", "shop", "--app-stopped"), "true\n");
  await ok("ps:start", "shop");
  await ok("domains:add", "shop", "www.example.com");
  assert.match(await ok("urls", "shop"), /http:\/\/www\.example\.com\n/);
  await ok("git:set", "shop", "deploy-branch", "release");
  assert.equal(await ok("git:report", "shop", "--git-computed-deploy-branch"), "release\n");
  assert.match(
    (await run(["ps:set", "shop", "restart-policy", "sometimes"])).stderr,
    /^ ! {5}Invalid value 'sometimes'/,
  );
  await ok("apps:rename", "shop", "store");
  assert.equal((await run(["apps:exists", "shop"])).code, 20);
  await ok("apps:destroy", "store", "--force");
  assert.equal(await ok("apps:list", "--format", "json"), "[]\n");
});

test("commands on the real operations: what builds an app, and with which options", async (t) => {
  const world = await createWorld(t);
  const run = commandLine(world.operations);
  const ok = async (...words: string[]): Promise<string> => {
    const ran = await run(words);
    assert.equal(ran.code, 0, `${words.join(" ")}\n${ran.both}${ran.logged}`);
    return ran.stdout;
  };
  await ok("apps:create", "shop");
  await ok("builder:set", "shop", "selected", "dockerfile");
  await ok("builder:set", "shop", "build-dir", "services/web");
  assert.equal(await ok("builder:report", "shop", "--builder-computed-selected"), "dockerfile\n");
  assert.equal(await ok("builder:report", "shop", "--builder-build-dir"), "services/web\n");
  for (const value of ["../up", "/etc", "a/../../b"]) {
    assert.equal((await run(["builder:set", "shop", "build-dir", value])).code, 1, value);
  }
  assert.equal((await run(["builder:set", "shop", "selected", "pack"])).code, 1);
  await ok("builder-dockerfile:set", "shop", "dockerfile-path", "docker/Dockerfile");
  await ok("builder-dockerfile:set", "shop", "backend", "classic");
  const backend = await ok("builder-dockerfile:report", "shop", "--builder-dockerfile-computed-backend");
  assert.equal(backend.trim(), "classic");
  const path = await ok("builder-dockerfile:report", "shop", "--builder-dockerfile-computed-dockerfile-path");
  assert.equal(path, "docker/Dockerfile\n");

  // A shell leaves it in one word or in two.
  await ok("docker-options:add", "shop", "build", "--build-arg A=1");
  await ok("docker-options:add", "shop", "build", "--target", "final");
  await ok("docker-options:add", "shop", "build", "--target final");
  assert.equal(await ok("docker-options:report", "shop", "--docker-options-build"), "--build-arg A=1 --target final\n");
  assert.match((await run(["docker-options:add", "shop", "build", "--network", "host"])).stderr, /do not take/);
  assert.match((await run(["docker-options:add", "shop", "deploy", "-v /:/host"])).stderr, /Only the phase 'build'/);
  await ok("docker-options:remove", "shop", "build", "--build-arg", "A=1");
  assert.equal(await ok("docker-options:report", "shop", "--docker-options-build"), "--target final\n");
  await ok("docker-options:clear", "shop");
  assert.equal(await ok("docker-options:report", "shop", "--docker-options-build"), "\n");
  assert.equal((await run(["docker-options:report", "none", "--docker-options-build"])).code, 20);
});
