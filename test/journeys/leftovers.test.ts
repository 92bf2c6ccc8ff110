import assert from "node:assert/strict";
import { access, copyFile, mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, eventually, run, runOk, startBerth } from "../helpers/berth.ts";

const uuid = "01234567-89ab-4cde-8f01-23456789abcd";

/** Files, one of each kind that a kill can leave. Gives their paths. */
async function leaveFiles(berth: Berth): Promise<string[]> {
  const repository = "repositories/shop.git";
  const files = [
    `${repository}/objects/tmp_objdir-incoming-XYZ/pack/tmp_pack_1`,
    `${repository}/objects/incoming-XYZ/tmp_obj_1`,
    `${repository}/objects/pack/tmp_pack_XYZ`,
    `${repository}/objects/ab/tmp_obj_XYZ`,
    `${repository}/fast_import_crash_123`,
    `${repository}/HEAD.lock`,
    `${repository}/refs/heads/main.lock`,
    "repositories/ghost.git/HEAD",
    "repositories/.scratch/half-removed/HEAD",
    "access-logs/old-name.log",
    "access-logs/old-name.log.1",
    `error-pages/${"a".repeat(64)}`,
    `error-pages/${"b".repeat(64)}.${uuid}`,
    `berth.yml.${uuid}`,
    "buildpacks/scratch-1",
    "tmp/unpacked/file",
  ].map((path) => join(berth.root, path));
  const old = new Date(Date.now() - 3_600_000);
  for (const path of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "left");
    await utimes(path, old, old);
  }
  await copyFile(join(berth.root, repository, "berth-stamp"), join(berth.root, "repositories/ghost.git/berth-stamp"));
  return files;
}

/** Things on the engine, one of each kind. Gives a look at what is there of them. */
async function leaveOnEngine(berth: Berth, image: string): Promise<() => Promise<string[]>> {
  const instance = await berth.instance();
  const [repository = ""] = image.split(":");
  const stamp = JSON.parse(await runOk("docker", ["inspect", "-f", "{{json .Config.Labels}}", image]));
  const labelled = (kind: string, more: Record<string, string> = {}) => {
    const all = { "berth.instance": instance, "berth.type": kind, "berth.app": "ghost", ...more };
    const own = { "berth.store": stamp["berth.store"], "berth.generation": stamp["berth.generation"], ...all };
    return Object.entries(own).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  };
  const id = { "berth.app-id": "ghost-id" };
  const names = ["run", "build", "dyno"].map((kind) => `${instance}-left-${kind}`);
  for (const kind of ["run", "build", "dyno"]) {
    const labels = labelled(kind, { "berth.session": "dead" });
    await runOk("docker", ["create", "--name", `${instance}-left-${kind}`, ...labels, image]);
  }
  await runOk("docker", ["start", `${instance}-left-run`]);
  const late = `${repository}:late`;
  await runOk("docker", ["tag", image, late]);
  const build = (kind: string, ...tag: string[]) =>
    runOk("docker", ["build", "-q", ...labelled(kind), ...tag, "-"], {
      stdin: `FROM ${image}\nENV KIND=${kind}${tag}\n`,
    });
  const base = `berth-${instance}/base:ghost-id`;
  await build("base", "-t", base);
  const untagged = (await build("image")).trim();
  const volumes = [`berth-${instance}-cache-ghost-id`, `berth-${instance}-data-ghost-id-db`];
  await runOk("docker", ["volume", "create", ...labelled("cache"), volumes[0] ?? ""]);
  await runOk("docker", ["volume", "create", ...labelled("data", id), volumes[1] ?? ""]);
  const networks = [`${instance}-left-app`, `${instance}-left-probe`];
  await runOk("docker", ["network", "create", "--internal", ...labelled("app-network", id), networks[0] ?? ""]);
  await runOk("docker", ["network", "create", "--internal", ...labelled("probe"), networks[1] ?? ""]);
  const things = [
    ...names.map((name) => ["container", name]),
    ...[late, base, untagged].map((name) => ["image", name]),
    ...volumes.map((name) => ["volume", name]),
    ...networks.map((name) => ["network", name]),
  ] as [string, string][];
  return async () => {
    const found = await Promise.all(
      things.map(async ([kind, name]) => ((await run("docker", [kind, "inspect", name])).code === 0 ? [name] : [])),
    );
    return found.flat();
  };
}

async function present(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path)
        .then(() => [path])
        .catch(() => []),
    ),
  );
  return found.flat();
}

suite("what a killed daemon leaves behind", () => {
  test("is gone after the next start, each kind of it, and nothing of an app is", async (t) => {
    const berth = await startBerth(t);
    const folder = await berth.repositoryOf(nullApp("page"));
    await berth.pushOk(folder, "shop");
    await berth.cliWith("<p>ours</p>", "error-pages:set", "shop", "H10");
    await berth.fetch("shop");
    const instance = await berth.instance();
    const [image = ""] = (
      await runOk("docker", ["images", `berth-${instance}/shop`, "--format", "{{.Repository}}:{{.Tag}}"])
    ).split("\n");
    const containers = await berth.containers();
    const pages = await readdir(join(berth.root, "error-pages"));
    await berth.signal("SIGKILL");
    const files = await leaveFiles(berth);
    const onEngine = await leaveOnEngine(berth, image);
    assert.equal((await present(files)).length, files.length);
    assert.equal((await onEngine()).length, 10);
    await berth.serve();
    await eventually(async () => assert.deepEqual([await present(files), await onEngine()], [[], []]), 60_000);
    assert.deepEqual(await berth.containers(), containers);
    assert.deepEqual(await readdir(join(berth.root, "error-pages")), pages);
    assert.equal((await berth.fetch("shop")).body, "page\n");
    await berth.commitAll(folder, "again");
    await berth.pushOk(folder, "shop");
  });
});
