import assert from "node:assert/strict";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { nullApp } from "../helpers/apps.ts";
import { prepareBerth, run, startBerth } from "../helpers/berth.ts";

const checkout = join(import.meta.dirname, "../..");
const main = join(checkout, "src/main.ts");

suite("the daemon", { concurrency: 2 }, () => {
  test("a second daemon on the same root is refused and the first goes on", async (t) => {
    const berth = await startBerth(t);
    const second = await run(main, ["serve", "--root", berth.root, "--ssh-port", "0", "--http-port", "0"]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`already runs.*${berth.root}`));
    assert.equal((await berth.cli("apps:list")).code, 0);
  });

  test("a wrong key or value in the configuration names the file, the key and what is allowed", async (t) => {
    const berth = await prepareBerth(t);
    const file = join(berth.root, "berth.yml");
    await writeFile(file, "ssh-prot: 22\n");
    const wrongKey = await run(main, ["serve", "--root", berth.root]);
    assert.equal(wrongKey.code, 1);
    assert.match(wrongKey.stderr, /berth\.yml/);
    assert.match(wrongKey.stderr, /ssh-prot/);
    await writeFile(file, "ssh-port: many\n");
    const wrongValue = await run(main, ["serve", "--root", berth.root]);
    assert.equal(wrongValue.code, 1);
    assert.match(wrongValue.stderr, /ssh-port.*0 to 65535/s);
  });

  test("without an engine the daemon says which socket it tried", async (t) => {
    const berth = await prepareBerth(t);
    const result = await run(main, ["serve", "--root", berth.root, "--docker-socket", "/nonexistent.sock"]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /\/nonexistent\.sock/);
  });

  test("a port for ssh that is in use is named, and no router is left behind", async (t) => {
    const berth = await startBerth(t);
    const other = await prepareBerth(t);
    const ports = ["--ssh-port", String(berth.sshPort), "--http-port", "0", "--ssh-host", "127.0.0.1"];
    const result = await run(main, ["serve", "--root", other.root, ...ports]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, new RegExp(`Port ${berth.sshPort} for ssh is in use`));
    assert.deepEqual(await readdir(join(other.root, "run")), ["daemon.pid"]);
  });

  test("a command without a daemon says how to start one", async (t) => {
    const berth = await prepareBerth(t);
    const result = await berth.cli("apps:list");
    assert.equal(result.code, 1);
    assert.match(result.stderr, /serve/);
  });

  test("a stop leaves the apps up, and a second start finds them as they are", async (t) => {
    const berth = await startBerth(t);
    await berth.pushOk(await berth.repositoryOf(nullApp("page")), "shop");
    const containers = await berth.containers();
    assert.equal(await berth.signal("SIGTERM"), 0);
    assert.equal((await berth.fetch("shop")).body, "page\n");
    await berth.serve();
    assert.deepEqual(await berth.containers(), containers);
    assert.equal((await berth.fetch("shop")).body, "page\n");
    assert.match(await berth.sshOk("apps:list"), /shop/);
  });

  test("two daemons on one engine do not touch each other's containers", async (t) => {
    const one = await startBerth(t);
    const two = await startBerth(t);
    await one.pushOk(await one.repositoryOf(nullApp("one")), "shop");
    await two.pushOk(await two.repositoryOf(nullApp("two")), "shop");
    assert.equal((await one.fetch("shop")).body, "one\n");
    assert.equal((await two.fetch("shop")).body, "two\n");
    await one.signal("SIGTERM");
    await one.serve();
    await two.sshOk("apps:destroy shop --force");
    assert.equal((await one.fetch("shop")).body, "one\n");
    assert.equal((await one.containers()).length, 1);
  });

  test("a stop in the middle of a build cancels it after the stated time", async (t) => {
    const berth = await startBerth(t, "--shutdown-timeout", "1s");
    const files = nullApp("x");
    files["package.json"] = JSON.stringify({ name: "long", scripts: { build: "sleep 300" } });
    const push = berth.push(await berth.repositoryOf(files), "long");
    while (!(await berth.cli("apps:report", "long")).stdout.match(/locked:\s+true/)) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(await berth.signal("SIGTERM"), 0);
    assert.notEqual((await push).code, 0);
    assert.deepEqual(await berth.containers(), []);
  });

  test("private files are the daemon's alone", async (t) => {
    const berth = await startBerth(t);
    for (const name of ["berth.db", "ssh/ssh_host_ed25519_key", "ssh/ssh_host_rsa_key"]) {
      assert.equal((await stat(join(berth.root, name))).mode & 0o077, 0, name);
    }
  });
});
