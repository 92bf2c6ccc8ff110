import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, eventually, run, runOk, startBerth } from "../helpers/berth.ts";

/** An app that takes its time at each step of a deploy. */
function slowApp(page: string): Record<string, string> {
  const files = nullApp(page);
  return {
    ...files,
    Procfile: "web: sleep 1; perl server.pl\nrelease: sleep 1\n",
    "app.json": JSON.stringify({ scripts: { dokku: { predeploy: "sleep 1", postdeploy: "sleep 2" } } }),
  };
}

/** Pushes, and kills the daemon when the client is shown the text. Gives the client's exit code. */
async function pushAndKill(berth: Berth, folder: string, text: string): Promise<number | null> {
  const child = spawn("git", ["push", berth.remote("shop"), "main"], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1", ...berth.gitEnv() },
  });
  let output = "";
  const killed = Promise.withResolvers<unknown>();
  child.stderr.setEncoding("utf8").on("data", (data: string) => {
    const before = output;
    output += data;
    if (!before.includes(text) && output.includes(text)) killed.resolve(berth.signal("SIGKILL"));
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  assert.match(output, new RegExp(text), output);
  await killed.promise;
  return code;
}

async function head(folder: string): Promise<string> {
  return (await runOk("git", ["rev-parse", "HEAD"], { cwd: folder })).trim();
}

async function released(berth: Berth): Promise<string | undefined> {
  return /source metadata: +(\w+)/.exec(await berth.cliOk("apps:report", "shop"))?.[1];
}

async function inRepository(berth: Berth): Promise<string> {
  const git = ["-C", join(berth.root, "repositories", "shop.git")];
  return (await run("git", [...git, "rev-parse", "refs/heads/main"])).stdout.trim();
}

suite("a push whose daemon is killed", { concurrency: 2 }, () => {
  const points = [
    "Building with",
    "Releasing shop",
    "Running the release phase",
    "Deploying web",
    "Executing postdeploy task",
    "Application deployed",
  ];

  test("leaves release and branch at one commit wherever it is killed, and can be pushed again", async (t) => {
    const berth = await startBerth(t);
    const folder = await berth.repositoryOf(slowApp("first"));
    await berth.pushOk(folder, "shop");
    for (const point of points) {
      await t.test(`killed at '${point}'`, async () => {
        await writeFile(join(folder, "page"), point);
        await berth.commitAll(folder, point);
        const code = await pushAndKill(berth, folder, point);
        await berth.serve();
        assert.equal(await inRepository(berth), await released(berth), "what runs is not what the branch has");
        const again = await berth.push(folder, "shop");
        assert.equal(again.code, 0, again.stderr);
        if (code !== 0) assert.match(again.stderr, /Application deployed/);
        assert.deepEqual([await inRepository(berth), await released(berth)], Array(2).fill(await head(folder)));
        assert.equal((await berth.fetch("shop")).body, `${point}\n`);
        assert.match((await berth.push(folder, "shop")).stderr, /Everything up-to-date/);
      });
    }
  });

  test("rebuilds what was released when it is killed in the first deploy's postdeploy task", async (t) => {
    const berth = await startBerth(t);
    const folder = await berth.repositoryOf(slowApp("first"));
    await pushAndKill(berth, folder, "Executing postdeploy task");
    await berth.serve();
    assert.equal(await inRepository(berth), await head(folder));
    await berth.cliOk("ps:rebuild", "shop");
    assert.deepEqual([await inRepository(berth), await released(berth)], Array(2).fill(await head(folder)));
    assert.match((await berth.push(folder, "shop")).stderr, /Everything up-to-date/);
  });

  test("pushes the same commit again where the engine has lost the image, and never loses commits by it", async (t) => {
    const berth = await startBerth(t);
    const folder = await berth.repositoryOf(nullApp("first"));
    await berth.pushOk(folder, "shop");
    const instance = await berth.instance();
    const images = ["images", "-q", "--filter", `label=berth.instance=${instance}`];
    await runOk("docker", ["rm", "-f", ...(await berth.containers())]);
    await runOk("docker", ["rmi", "-f", ...(await runOk("docker", images)).split("\n").filter(Boolean)]);
    await eventually(async () => assert.match(berth.log.join("\n"), /is not on the Docker engine any more/));
    const old = await berth.repositoryOf(nullApp("old"));
    const behind = await berth.push(old, "shop");
    assert.match(behind.stderr, /'main' of shop has commits that this push does not have/);
    const rejected = await berth.push(old, "shop");
    assert.match(rejected.stderr, /fetch first/);
    assert.match(await berth.pushOk(folder, "shop"), /Application deployed/);
    assert.equal((await berth.fetch("shop")).body, "first\n");
    assert.match((await berth.push(folder, "shop")).stderr, /Everything up-to-date/);
  });
});
