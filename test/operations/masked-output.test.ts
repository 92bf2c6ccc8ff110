import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { UserError } from "../../src/model/errors.ts";
import { fakeSource } from "../helpers/fake-builder.ts";
import { createWorld, type World } from "../helpers/world.ts";

const secret = "s3cr3t-t0ken";

async function worldWithSecret(t: Parameters<typeof createWorld>[0]): Promise<World> {
  const world = await createWorld(t);
  await world.operations.createApp({ name: "shop" });
  await world.operations.setConfig({ app: "shop", vars: { TOKEN: secret }, restart: true }, world.job());
  return world;
}

async function storedLog(world: World): Promise<string> {
  const { signal } = new AbortController();
  const lines = await world.operations.buildOutput({ app: "shop", id: undefined, signal });
  return (await Array.fromAsync(lines)).join("\n");
}

suite("values of config vars", () => {
  test("are masked in a build's output and in its stored log", async (t) => {
    const world = await worldWithSecret(t);
    world.builder.lines = [`#5 [2/3] RUN |1 TOKEN=${secret} make`, `#5 using ${secret}`];
    await world.deploy("shop");
    assert.ok(world.told.includes("line #5 [2/3] RUN |1 TOKEN=******* make"));
    assert.ok(world.told.includes("line #5 using *******"));
    assert.ok((await storedLog(world)).includes("#5 [2/3] RUN |1 TOKEN=******* make\n#5 using *******"));
    assert.ok(!`${world.told}${await storedLog(world)}`.includes(secret));
  });

  test("are masked in the failure of a build", async (t) => {
    const world = await worldWithSecret(t);
    world.builder.fails = new UserError("build-failed", `'curl ${secret}' ended with exit code 3`, { hint: secret });
    await assert.rejects(world.deploy("shop"), { message: "'curl *******' ended with exit code 3", hint: "*******" });
    assert.match(await storedLog(world), /'curl \*{7}' ended/);
    assert.ok(!(await storedLog(world)).includes(secret));
  });

  test("are masked in the release phase, in scripts of app.json and in the last words of a dyno", async (t) => {
    const world = await worldWithSecret(t);
    world.builder.processTypes = { web: "./web", release: "migrate" };
    world.scheduler.scriptRuns(async (_, io) => {
      io.stdout.write(`connecting with ${secret.slice(0, 5)}`);
      io.stdout.write(`${secret.slice(5)} ...`);
      return 0;
    });
    world.scheduler.script({}, { prints: [`no access with ${secret}`], exitCode: 1 });
    const manifest = JSON.stringify({ scripts: { dokku: { predeploy: "prepare" } } });
    const source = fakeSource({ "app.json": manifest });
    const failed = world.operations.deploy({ app: "shop", source }, world.job());
    await assert.rejects(failed, (error: UserError) =>
      error.details.some((line) => line.endsWith("no access with *******")),
    );
    assert.equal(world.told.filter((line) => line === "detail connecting with ******* ...").length, 2);
    assert.ok(!`${world.told}${await storedLog(world)}`.includes(secret));
  });

  test("that app.json has generated or given are masked in the same deploy", async (t) => {
    const world = await worldWithSecret(t);
    world.builder.lines = ["password given-by-file"];
    const manifest = JSON.stringify({ env: { OTHER: "given-by-file" } });
    await world.operations.deploy({ app: "shop", source: fakeSource({ "app.json": manifest }) }, world.job());
    assert.ok(world.told.includes("line password *******"));
  });

  test("are masked in the failure of a config change and of a restart", async (t) => {
    const world = await worldWithSecret(t);
    await world.deploy("shop");
    world.scheduler.script({ release: 2 }, { prints: [`no access with ${secret} and other-value`], exitCode: 1 });
    const shown = (error: UserError) =>
      error.details.some((line) => line.endsWith("no access with ******* and *******"));
    const set = (restart: boolean) =>
      world.operations.setConfig({ app: "shop", vars: { OTHER: "other-value" }, restart }, world.job());
    await assert.rejects(set(true), shown);
    await set(false);
    await assert.rejects(world.operations.restart({ app: "shop", processType: undefined }, world.job()), shown);
  });

  test("are masked in the release phase of a config change too", async (t) => {
    const world = await worldWithSecret(t);
    world.builder.processTypes = { web: "./web", release: "migrate" };
    world.scheduler.scriptRuns(async (_, io) => {
      io.stdout.write("new-and-long\n");
      return 0;
    });
    await world.deploy("shop");
    world.told.length = 0;
    await world.operations.setConfig({ app: "shop", vars: { NEW: "new-and-long" }, restart: true }, world.job());
    assert.ok(world.told.includes("detail *******"));
  });
});
