import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { eventually, run, runOk } from "../helpers/berth.ts";
import { buildImage, runImage } from "../helpers/images.ts";
import { constantLoad } from "../helpers/load.ts";
import { afterSuite } from "../helpers/suite.ts";
import { bootHost, type SystemdHost } from "../helpers/systemd-host/host.ts";

const program = "/srv/berth";
const installer = `${program}/scripts/install.sh`;
const appHost = "shop.apps.test";

// One host, from its first installation to the last trace of it: each test begins where the one before it ended.
suite("a machine that Berth is installed on", () => {
  const cleanup = afterSuite();
  let host: SystemdHost;
  let client: string;
  let key: string;

  before(async () => {
    client = await mkdtemp(join(tmpdir(), "berth-test-install-"));
    cleanup.after(() => rm(client, { recursive: true, force: true }));
    key = join(client, "id");
    await runOk("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    await cp(join(import.meta.dirname, "../fixtures/apps/node-web"), join(client, "shop"), { recursive: true });
    await git("init", "-q", "-b", "main");
    await commit("1");
    host = await bootHost(cleanup);
    await host.loadImages(runImage, buildImage);
    await host.copyCheckout(program);
    await runOk("docker", ["cp", `${key}.pub`, `${host.name}:/root/key.pub`]);
  });

  test("the installer brings what is missing, asks nothing, and leaves a service that runs", async () => {
    const output = await host.runOk(installer, "--domain", "apps.test", "--key", "/root/key.pub");
    assert.match(output, /Installing git openssh-client\b/);
    assert.match(output, /git remote add berth ssh:\/\/berth@apps\.test\/my-app/);
    assert.equal((await host.runOk("systemctl", "is-active", "berth")).trim(), "active");
    assert.equal((await host.runOk("systemctl", "is-enabled", "berth")).trim(), "enabled");
    assert.equal((await host.runOk("stat", "-c", "%U", `/proc/${await daemonPid()}`)).trim(), "berth");
    assert.match(
      await host.runOk("cat", "/var/lib/berth/berth.yml"),
      /^domain: apps\.test\nssh-port: 22\nhttp-port: 80$/m,
    );
    assert.match(await host.runOk("berth", "ssh-keys:list"), /admin/);
  });

  test("an app is pushed to it from another machine, and answers by host name", async () => {
    await push();
    assert.equal(await page(), "version 1\n");
  });

  test("the installer a second time changes nothing", async () => {
    const before = await daemonPid();
    const output = await host.runOk(installer, "--domain", "apps.test", "--key", "/root/key.pub");
    assert.match(output, /runs this version already/);
    assert.match(output, /is there already/);
    assert.equal(await daemonPid(), before);
  });

  test("the daemon is killed: systemd starts it again, and no request fails", async () => {
    const load = await startLoad();
    const killed = await daemonPid();
    await host.runOk("systemctl", "kill", "--kill-whom=main", "-s", "KILL", "berth");
    await eventually(async () => {
      assert.notEqual(await daemonPid(), killed);
      await host.runOk("berth", "apps:list");
    }, 30_000);
    const { failures, requests } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(requests > 20, `only ${requests} requests were made`);
  });

  test("an upgrade replaces the program, keeps configuration and data, and no request fails", async () => {
    const config = await host.runOk("cat", "/var/lib/berth/berth.yml");
    const [version, daemon] = [await installedVersion(), await daemonPid()];
    await host.runOk("sh", "-c", `echo '// the next version' >> ${program}/src/model/names.ts`);
    const load = await startLoad();
    await host.runOk(installer);
    await commit("2");
    await push();
    assert.deepEqual((await load.stop()).failures, []);
    assert.equal(await page(), "version 2\n");
    assert.notEqual(await installedVersion(), version);
    assert.notEqual(await daemonPid(), daemon);
    assert.equal(await host.runOk("cat", "/var/lib/berth/berth.yml"), config);
  });

  test("a wrong setting is refused before anything is changed", async () => {
    const config = await host.runOk("cat", "/var/lib/berth/berth.yml");
    const refused = await host.run(installer, "--http-port", "eighty");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /http-port .* is 'eighty': allowed is a port number/);
    assert.equal(await host.runOk("cat", "/var/lib/berth/berth.yml"), config);
    assert.equal(await page(), "version 2\n");
  });

  test("after a reboot the app answers again, with nobody's help", async () => {
    await host.reboot();
    await eventually(async () => assert.equal(await page(), "version 2\n"), 90_000);
  });

  test("it is uninstalled, and nothing of it runs; with --purge nothing of it is left", async () => {
    await host.runOk(installer, "--uninstall");
    assert.equal(await host.runOk("docker", "ps", "-aq"), "");
    assert.notEqual((await host.run("test", "-e", "/usr/local/bin/berth")).code, 0);
    await assert.rejects(page());
    await host.runOk("test", "-f", "/var/lib/berth/berth.db");
    await host.runOk(installer, "--uninstall", "--purge");
    assert.notEqual((await host.run("test", "-e", "/var/lib/berth")).code, 0);
    assert.equal(await host.runOk("docker", "volume", "ls", "-q"), "");
  });

  async function daemonPid(): Promise<string> {
    return (await host.runOk("systemctl", "show", "-P", "MainPID", "berth")).trim();
  }

  async function installedVersion(): Promise<string> {
    return (await host.runOk("readlink", "/opt/berth/current")).trim();
  }

  async function startLoad(): Promise<ReturnType<typeof constantLoad>> {
    return constantLoad({ address: await host.address(), port: 80, host: appHost, path: "/", perSecond: 20 });
  }

  function git(...args: string[]): Promise<string> {
    return runOk("git", args, { cwd: join(client, "shop") });
  }

  async function commit(version: string): Promise<void> {
    await writeFile(join(client, "shop", "VERSION"), `${version}\n`);
    await git("add", "-A");
    await git("commit", "-q", "-m", `version ${version}`);
  }

  async function push(): Promise<void> {
    const options = [
      "StrictHostKeyChecking=accept-new",
      `UserKnownHostsFile=${client}/known_hosts`,
      "IdentitiesOnly=yes",
    ];
    const ssh = ["ssh", "-F", "/dev/null", "-i", key, ...options.flatMap((option) => ["-o", option])].join(" ");
    const remote = `ssh://berth@${await host.address()}/shop`;
    const pushed = await run("git", ["push", remote, "main"], {
      cwd: join(client, "shop"),
      env: { GIT_SSH_COMMAND: ssh },
    });
    assert.equal(
      pushed.code,
      0,
      `${pushed.stderr}\n${(await host.run("journalctl", "-u", "berth", "-n", "50")).stdout}`,
    );
  }

  async function page(): Promise<string> {
    const address = await host.address();
    return new Promise((resolve, reject) => {
      const options = { host: address, port: 80, headers: { host: appHost }, agent: false, timeout: 10_000 };
      const sent = request(options, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        response.on("error", reject).on("end", () => {
          if (response.statusCode === 200) resolve(body);
          else reject(new Error(`status ${response.statusCode}: ${body}`));
        });
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer in 10 s")));
      sent.on("error", reject).end();
    });
  }
});
