import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { eventually } from "../helpers/berth.ts";
import { constantLoad } from "../helpers/load.ts";
import { afterSuite } from "../helpers/suite.ts";
import type { SystemdHost } from "../helpers/systemd-host/host.ts";
import { bareMachine, type Installation, pages } from "../helpers/systemd-host/installation.ts";
import { changesNothing, installsFromNothing, servesPushes } from "../helpers/systemd-host/journey.ts";
import { debian12, unavailable } from "../helpers/systemd-host/releases.ts";

const given = ["--domain", "apps.test", "--key", "/root/key.pub"];

// The names of what an installer writes, and temporary files with them.
const installedFiles =
  "find /opt/berth /usr/local/bin /etc/systemd/system /etc/sysctl.d /tmp -maxdepth 2 ! -name 'systemd-private*' | sort";

// One host, from its first installation to the last trace of it: each test begins where the one before it ended.
suite("a machine that Berth is installed on", { skip: await unavailable(debian12) }, () => {
  const cleanup = afterSuite();
  let machine: Installation;
  let host: SystemdHost;

  before(async () => {
    machine = await bareMachine(cleanup, debian12);
    host = machine.host;
  });

  test("refuses wrong input before anything is changed", async () => {
    await host.runOk(
      "sh",
      "-c",
      "echo text > /root/text; echo ssh-ed25519 AAAA > /root/short.pub; mkdir -p /srv/full/x",
    );
    const before = await everything();
    for (const [words, expected] of [
      [["--domain", "http://x/", "--key", "/root/key.pub"], /--domain is 'http:\/\/x\/': allowed is a domain name/],
      [["--domain", "192.0.2.7", "--key", "/root/key.pub"], /--domain is '192\.0\.2\.7'/],
      [["--domain", "apps.test"], /needs --key/],
      [["--domain", "apps.test", "--key", "/root/none.pub"], /No such key file: \/root\/none\.pub/],
      [["--domain", "apps.test", "--key", "/root/text"], /No public ssh key in \/root\/text: 'text' is no type of key/],
      [["--domain", "apps.test", "--key", "/root/short.pub"], /short\.pub: its data is damaged or cut off/],
      [[...given, "--http-port", "eighty"], /--http-port is 'eighty': allowed is a port number from 1 to 65535/],
      [[...given, "--http-port=70000"], /--http-port is '70000'/],
      [[...given, "--https-port=80"], /http-port and https-port are both 80/],
      [[...given, "--ssh-port", "443"], /ssh-port and https-port are both 443/],
      [[...given, "--root", "here"], /--root must be an absolute path/],
      [[...given, "--root", "/srv/full"], /files in it that are not Berth's/],
      [[...given, "--https"], /Unknown option: --https/],
      [[...given, "shop"], /Unexpected argument: shop/],
      [["--domain", "--key", "/root/key.pub"], /--domain needs a value/],
      [[...given, "--purge"], /--purge goes with --uninstall/],
    ] as const) {
      const refused = await machine.install(...words);
      assert.equal(refused.code, 1, words.join(" "));
      assert.match(refused.stderr, expected);
      assert.equal(refused.stdout, "", words.join(" "));
    }
    assert.equal(await everything(), before);
  });

  test("refuses a port that another program has", async () => {
    const listen =
      "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 443, Listen => 1) or die; print qq(up\\n); close STDOUT; sleep";
    await host.runOk("sh", "-c", `perl -e '${listen}' > /run/listener 2>&1 < /dev/null & echo $! > /run/listener.pid`);
    await eventually(async () => void (await host.runOk("grep", "up", "/run/listener")));
    const refused = await machine.install(...given);
    await host.runOk("sh", "-c", "kill $(cat /run/listener.pid)");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /Port 443 is in use by another program\n.*--https-port PORT\n.*Nothing was changed/);
  });

  test("the installer brings what is missing, asks nothing, and leaves a service that runs", async () => {
    await installsFromNothing(machine);
    assert.equal((await host.runOk("stat", "-c", "%U", `/proc/${await daemonPid()}`)).trim(), "berth");
    assert.match(await config(), /^domain: apps\.test\nssh-port: 22\nhttp-port: 80\nhttps-port: 443$/m);
    assert.match(await host.runOk("berth", "ssh-keys:list"), /admin/);
    // With the rights that the service has.
    assert.match(await host.runOk("iptables-save", "-t", "filter"), /^-A INPUT -i br-\S+ .*-j BERTH-/m);
  });

  test("apps are pushed to it from another machine, and answer by host name", () => servesPushes(machine));

  test("the installer a second time changes nothing", async () => {
    const before = await daemonPid();
    await changesNothing(machine);
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
    const before = { config: await config(), version: await installedVersion(), daemon: await daemonPid() };
    await host.runOk("sh", "-c", `echo '// the next version' >> ${machine.checkout}/src/model/names.ts`);
    const load = await startLoad();
    await machine.installOk();
    await machine.commit("shop", "VERSION", "2\n");
    await machine.push("shop");
    assert.deepEqual((await load.stop()).failures, []);
    assert.equal(await machine.page("shop"), "version 2\n");
    assert.notEqual(await installedVersion(), before.version);
    assert.notEqual(await daemonPid(), before.daemon);
    assert.equal(await config(), before.config);
  });

  test("a wrong setting in an upgrade is refused before anything is changed", async () => {
    const before = [await config(), await installedVersion(), await daemonPid()];
    for (const words of [
      ["--http-port", "443"],
      ["--https-port", "22"],
      ["--domain", "a b"],
      ["--root", "/srv/other"],
    ]) {
      assert.equal((await machine.install(...words)).code, 1, words.join(" "));
    }
    assert.deepEqual([await config(), await installedVersion(), await daemonPid()], before);
    assert.equal(await machine.page("shop"), "version 2\n");
  });

  test("an upgrade that fails half way leaves no half file and the service as it was", async () => {
    const before = [await config(), await installedVersion(), await daemonPid()];
    const files = await host.runOk("sh", "-c", installedFiles);
    const script = [
      `cd ${machine.checkout} && cp -p package-lock.json /root/lock && echo >> package-lock.json`,
      "mkdir -p /root/broken && printf '#!/bin/sh\\nexit 7\\n' > /root/broken/curl && chmod 755 /root/broken/curl",
      "PATH=/root/broken:$PATH scripts/install.sh; code=$?",
      "cp -p /root/lock package-lock.json; exit $code",
    ];
    const failed = await host.run("sh", "-c", script.join("\n"));
    assert.equal(failed.code, 1, failed.stdout);
    assert.match(failed.stderr, /The dependencies could not be installed/);
    assert.equal(await host.runOk("sh", "-c", installedFiles), files);
    assert.deepEqual([await config(), await installedVersion(), await daemonPid()], before);
  });

  test("the installer finds an engine that starts no container", async () => {
    const runtime = (await host.runOk("sh", "-c", "command -v runc")).trim();
    await host.runOk("mv", runtime, `${runtime}.away`);
    const { code, stderr } = await machine.install();
    await host.runOk("mv", `${runtime}.away`, runtime);
    assert.equal(code, 1);
    assert.match(stderr, /the Docker engine starts no container here: no app will start until it does/);
    await machine.installOk();
  });

  test("after a reboot the apps answer again, with nobody's help", async () => {
    await host.reboot();
    await eventually(async () => {
      assert.equal(await machine.page("shop"), "version 2\n");
      for (const app of ["flask", "docked"] as const) assert.equal(await machine.page(app), pages[app]);
    }, 120_000);
  });

  test("it is uninstalled, and nothing of it runs; with --purge it says what is left", async () => {
    const kept = await machine.installOk("--uninstall");
    assert.match(kept, /data, images and caches of the apps.*--uninstall --purge removes them/);
    assert.equal(await host.runOk("docker", "ps", "-aq"), "");
    assert.notEqual((await host.run("test", "-e", "/usr/local/bin/berth")).code, 0);
    await assert.rejects(machine.page("shop"));
    await host.runOk("test", "-f", "/var/lib/berth/berth.db");
    const left = await machine.installOk("--uninstall", "--purge");
    assert.notEqual((await host.run("test", "-e", "/var/lib/berth")).code, 0);
    assert.equal(await host.runOk("docker", "volume", "ls", "-q"), "");
    assert.match(left, /docker rmi .*berth\/build:1/);
    assert.match(left, /packages that the installer needs.*: .*docker\.io.* git/);
    await host.runOk("docker", "image", "inspect", "berth/run:1", "berth/build:1");
  });

  async function daemonPid(): Promise<string> {
    return (await host.runOk("systemctl", "show", "-P", "MainPID", "berth")).trim();
  }

  async function installedVersion(): Promise<string> {
    return (await host.runOk("readlink", "/opt/berth/current")).trim();
  }

  function config(): Promise<string> {
    return host.runOk("cat", "/var/lib/berth/berth.yml");
  }

  /** All files of the machine but those of the kernel and of running programs, and all packages. */
  async function everything(): Promise<string> {
    return await host.runOk(
      "sh",
      "-c",
      "find / -xdev -path /var/log -prune -o -path /var/lib/systemd -prune -o -type f -printf '%p %s %T@\\n' | sort; dpkg-query -W",
    );
  }

  async function startLoad(): Promise<ReturnType<typeof constantLoad>> {
    return constantLoad({ address: await host.address(), port: 80, host: "shop.apps.test", path: "/", perSecond: 20 });
  }
});
