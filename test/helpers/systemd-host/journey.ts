import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { eventually } from "../berth.ts";
import { afterSuite } from "../suite.ts";
import { bareMachine, type Installation, useMirrorsOf } from "./installation.ts";
import { type Release, unavailable } from "./releases.ts";

/** From a bare machine of a release to apps that survive a reboot. Each test begins where the one before it ended. */
export async function installJourney(release: Release): Promise<void> {
  suite(`Berth on a bare machine of ${release.name}`, { skip: await unavailable(release) }, () => {
    const cleanup = afterSuite();
    let machine: Installation;
    before(async () => {
      machine = await bareMachine(cleanup, release);
    });

    test("installs with one command, without npm from the distribution", () => installsFromNothing(machine));
    test("makes no images in a second run", () => changesNothing(machine));
    test("builds and serves a Node, a Python and a Dockerfile app", () => servesPushes(machine));
    test("serves them after a reboot", () => survivesReboot(machine));
  });
}

export async function installsFromNothing(machine: Installation): Promise<void> {
  const { host } = machine;
  for (const program of ["docker", "npm", "node", "curl", "git", "sudo"]) {
    assert.notEqual((await host.run("sh", "-c", `command -v ${program}`)).code, 0, `${program} is there already`);
  }
  const output = await machine.installOk("--domain=apps.test", "--key", "/root/key.pub");
  assert.match(output, /git remote add berth ssh:\/\/berth@apps\.test\/my-app/);
  assert.match(output, /-----> \[[ \d]+s\] Starting a container\n/);
  // Who reads this is root, and has no sudo.
  assert.doesNotMatch(output, /sudo/);
  assert.notEqual((await host.run("dpkg-query", "-W", "nodejs")).code, 0);
  assert.equal((await host.runOk("systemctl", "is-active", "berth")).trim(), "active");
  assert.equal((await host.runOk("systemctl", "is-enabled", "berth")).trim(), "enabled");
  await useMirrorsOf(process.env, machine);
}

export async function changesNothing(machine: Installation): Promise<void> {
  const images = await machine.images();
  const output = await machine.installOk("--domain", "apps.test", "--key", "/root/key.pub");
  assert.equal(await machine.images(), images);
  assert.match(output, /runs this version already/);
  assert.match(output, /is there already/);
}

export async function servesPushes(machine: Installation): Promise<void> {
  await machine.pushAll();
  await machine.assertPages();
}

export async function survivesReboot(machine: Installation): Promise<void> {
  await machine.host.reboot();
  await eventually(() => machine.assertPages(), 120_000);
}
