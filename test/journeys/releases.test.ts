import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { before, suite, test } from "node:test";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, run, runOk, startBerth } from "../helpers/berth.ts";
import { afterSuite } from "../helpers/suite.ts";

/** Its page is the value of the config var GREETING. */
function greeter(): Record<string, string> {
  const files = nullApp("");
  const server = files["server.pl"]?.replace("my $page = <$f>;", "my $page = $ENV{GREETING} // 'none';") ?? "";
  return { ...files, "server.pl": server };
}

suite("apps, config and releases", () => {
  let berth: Berth;
  const cleanup = afterSuite();
  before(async () => {
    berth = await startBerth(cleanup);
  });

  test("the whole life of an app, over ssh", async () => {
    assert.equal(await berth.sshOk("apps:create shop"), "-----> Creating shop...\n");
    assert.equal((await berth.ssh("apps:create shop")).code, 1);
    assert.deepEqual(JSON.parse(await berth.sshOk("apps:list --format json")), ["shop"]);
    assert.equal(await berth.sshOk("--quiet apps:list"), "shop\n");
    assert.equal((await berth.ssh("apps:exists shop")).code, 0);
    assert.equal((await berth.ssh("apps:exists nope")).code, 20);
    const missing = await berth.ssh("apps:report nope");
    assert.deepEqual([missing.code, missing.stderr], [20, " !     App nope does not exist\n"]);
    await berth.pushOk(await berth.repositoryOf(greeter()), "shop");
    await berth.sshOk("apps:rename shop store");
    assert.equal((await berth.fetch("store")).status, 200);
    assert.equal((await berth.fetch("shop")).status, 404);
    const refused = await berth.ssh("apps:destroy store", { stdin: "something else\n" });
    assert.equal(refused.code, 1);
    await berth.sshOk("apps:destroy store --force");
    assert.equal((await berth.fetch("store")).status, 404);
    assert.deepEqual(await berth.containers(), []);
    assert.equal((await berth.ssh("apps:exists store")).code, 20);
  });

  test("config vars reach the app intact, and a rollback brings code and config back", async () => {
    const folder = await berth.repositoryOf(greeter());
    await berth.pushOk(folder, "greeter");
    assert.equal((await berth.fetch("greeter")).body, "none\n");
    await berth.sshOk(`config:set greeter GREETING="hello  'world' = \\"x\\"" OTHER=1`);
    assert.equal((await berth.fetch("greeter")).body, `hello  'world' = "x"\n`);
    assert.equal(await berth.sshOk("config:get greeter GREETING"), `hello  'world' = "x"\n`);
    assert.match(await berth.sshOk("config:show greeter"), /OTHER: +1/);
    assert.deepEqual([(await berth.ssh("config:get greeter NOPE")).code], [1]);
    await writeFile(join(folder, "Procfile"), "web: GREETING=fixed perl server.pl\n");
    await berth.commitAll(folder, "fixed");
    await berth.pushOk(folder, "greeter");
    assert.equal((await berth.fetch("greeter")).body, "fixed\n");
    await berth.sshOk("config:unset greeter OTHER");
    const list = await berth.sshOk("releases greeter");
    for (const version of ["v1", "v2", "v3", "v4"]) assert.match(list, new RegExp(`\\b${version}\\b`));
    await berth.sshOk("rollback greeter v2");
    assert.equal((await berth.fetch("greeter")).body, `hello  'world' = "x"\n`);
    assert.match(await berth.sshOk("releases greeter"), /v5.*Rollback to v2/);
    assert.equal(await berth.sshOk("config:get greeter OTHER"), "1\n");
    await berth.sshOk("rollback greeter");
    assert.equal((await berth.fetch("greeter")).body, "fixed\n");
  });

  test("values stored without a restart are seen by run, ps:restart and ps:start", async () => {
    await berth.pushOk(await berth.repositoryOf(greeter()), "later");
    assert.equal(await berth.sshOk("--quiet config:set --no-restart later GREETING=one"), "");
    assert.equal((await berth.fetch("later")).body, "none\n");
    assert.equal(await berth.sshOk("run later printenv GREETING"), "one\n");
    await berth.sshOk("ps:restart later");
    assert.equal((await berth.fetch("later")).body, "one\n");
    await berth.sshOk("config:set --no-restart later GREETING=two");
    await berth.sshOk("ps:stop later");
    await berth.sshOk("ps:start later");
    assert.equal((await berth.fetch("later")).body, "two\n");
    assert.match(await berth.sshOk("releases later"), /v3.*Set config vars: GREETING/);
  });

  test("run with a process type runs its command, with arguments as they are, and its exit code comes back", async () => {
    const files = {
      ...nullApp("typed"),
      Procfile: "web: perl server.pl\nshow: printf '[%s]' $DYNO_KIND\nfail: exit 7\n",
    };
    await berth.pushOk(await berth.repositoryOf(files), "typed");
    await berth.sshOk("config:set typed DYNO_KIND=a");
    assert.equal(await berth.sshOk("run typed show"), "[a]");
    assert.equal(await berth.sshOk(`run typed show 'b c' '"$HOME"'`), '[a][b c]["$HOME"]');
    assert.equal((await berth.ssh("run typed fail")).code, 7);
    assert.equal(await berth.sshOk("run typed printf x"), "x");
  });

  test("domains are routed as soon as they are added and until they are removed", async () => {
    await berth.pushOk(await berth.repositoryOf(nullApp("page")), "named");
    assert.match(await berth.sshOk("domains:add named www.example.com"), /-----> Added www\.example\.com to named/);
    assert.equal((await berth.fetch("www.example.com")).body, "page\n");
    assert.match(await berth.sshOk("domains:report named"), /www\.example\.com/);
    assert.equal((await berth.ssh("domains:add greeter www.example.com")).code, 1);
    await berth.sshOk("domains:remove named www.example.com");
    assert.equal((await berth.fetch("www.example.com")).status, 404);
  });

  test("the same commands work through the local CLI, which needs no key", async () => {
    assert.equal(await berth.cliOk("apps:list"), await berth.sshOk("apps:list"));
    const wrong = await berth.cli("aps:list");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /`aps:list` is not a berth command\./);
    const flag = await berth.cli("apps:list", "--nope");
    assert.equal(flag.code, 2);
    assert.equal((await berth.cli("help")).code, 0);
    assert.equal((await berth.ssh("apps:list")).code, 0, "and the daemon is still there");
  });

  test("a git server's password comes on standard input, and is compared with exit codes as Dokku's", async () => {
    const status = async (...words: string[]) =>
      (await berth.ssh(`git:auth-status git.test ${words.join(" ")}`, { input: Readable.from(["pw\n"]) })).code;
    assert.equal(await status("ann"), 1);
    const set = await berth.ssh("git:auth git.test ann", { input: Readable.from(["pw\n"]) });
    assert.deepEqual([set.code, set.stdout], [0, "=====> Setting git auth config for git.test\n"]);
    assert.deepEqual([await status("ann"), await status("bob"), await status()], [0, 2, 2]);
    await berth.sshOk("git:auth git.test");
    assert.equal(await status(), 0);
  });

  test("keys: the local CLI lets the first one in, bad and double ones are refused in one line", async () => {
    const bad = await berth.cliWith("not a key", "ssh-keys:add", "bob");
    assert.equal(bad.code, 1);
    assert.match(await berth.sshOk("ssh-keys:list"), /^SHA256:\S+ NAME="ann"/m);
    const bobsKey = `${berth.key}-bob`;
    await runOk("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", bobsKey]);
    await berth.sshOk("ssh-keys:add bob", { stdin: await readFile(`${bobsKey}.pub`, "utf8") });
    const asBob = [...berth.sshOptions(bobsKey), "-p", String(berth.sshPort), "berth@127.0.0.1"];
    const byBob = await run("ssh", [...asBob, "ssh-keys:remove ann"]);
    assert.match(byBob.stderr, /The key bob may not change which keys may log in/);
    const byAnn = await berth.ssh("ssh-keys:remove ann");
    assert.match(byAnn.stderr, /ann is the last admin key/);
    const listed = await berth.sshOk("ssh-keys:list ann --format json");
    const [{ fingerprint, admin }] = JSON.parse(listed);
    assert.equal(admin, true);
    await berth.cliOk("ssh-keys:remove", fingerprint);
    const locked = await berth.ssh("apps:list");
    assert.match(locked.stderr, /Permission denied/);
  });
});
