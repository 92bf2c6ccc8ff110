import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { createDockerEngine } from "../../src/docker/create-engine.ts";
import { createEngineInventory } from "../../src/docker/engine-inventory.ts";
import { cacheVolume, createImageStore } from "../../src/docker/image-store.ts";
import { type Kind, labels } from "../../src/docker/labels.ts";
import { dockerSocket, newInstance, rawDocker, removeAllOf } from "../helpers/docker.ts";
import { requireImages, runImage } from "../helpers/images.ts";

suite("What Berth leaves on the engine", { concurrency: 2 }, () => {
  const engine = createDockerEngine({ socketPath: dockerSocket });
  const [instance, other] = [newInstance(), newInstance()];
  before(requireImages);
  after(() => Promise.all([instance, other].map((id) => removeAllOf(engine, id))));

  function create(owner: string, kind: Kind, session?: string): Promise<string> {
    const own = { [labels.instance]: owner, [labels.kind]: kind };
    return engine.containers.create(`${owner}-${kind}-${session ?? "none"}`, {
      Image: runImage,
      Cmd: ["sleep", "infinity"],
      Labels: { ...own, ...(session === undefined ? {} : { [labels.session]: session }) },
    });
  }

  async function commit(owner: string, tag: string, kind: "image" | "base" = "image"): Promise<string> {
    const id = await create(owner, "slug", tag);
    const name = { repository: `berth-${owner}/${kind === "image" ? "app" : kind}`, tag };
    await engine.containers.commit(id, name, { Labels: { [labels.instance]: owner, [labels.kind]: kind } });
    await engine.containers.remove(id);
    return `${name.repository}:${name.tag}`;
  }

  test("lists as ended containers what a killed daemon was busy with, and nothing else", async () => {
    const id = newInstance();
    try {
      const runs = await Promise.all((["run", "build", "slug"] as const).map((kind) => create(id, kind, "dead")));
      const unborn = await create(id, "dyno");
      await engine.containers.start(runs[0] as string);
      const ours = await create(id, "run", engine.session);
      const foreign = await create(other, "run", "dead");
      const dyno = await create(id, "dyno", "started");
      await engine.containers.start(dyno);
      const inventory = createEngineInventory({ engine, instance: id });
      const found = (await inventory.list()).filter(({ kind }) => kind === "container");
      assert.deepEqual(found.map((thing) => thing.id).sort(), [...runs, unborn].sort());
      for (const thing of found) await inventory.remove(thing);
      const left = await engine.containers.list({ [labels.instance]: id });
      assert.deepEqual(left.map((container) => container.id).sort(), [ours, dyno].sort());
      assert.ok(!left.some((container) => container.id === unborn));
      assert.ok(await engine.containers.inspect(foreign));
    } finally {
      await removeAllOf(engine, id);
    }
  });

  test("an image is there until it is removed, and removing what is not there is no error", async () => {
    const images = createImageStore({ engine, instance });
    const reference = await commit(instance, "one");
    assert.equal(await images.exists(reference), true);
    assert.ok((await images.list()).includes(reference));
    await images.remove(reference);
    assert.equal(await images.exists(reference), false);
    await images.remove(reference);
  });

  test("another name that somebody has given to an image, and what he has made of it, are his", async () => {
    const images = createImageStore({ engine, instance });
    const reference = await commit(instance, "shared");
    await rawDocker()
      .getImage(reference)
      .tag({ repo: `backup-${instance}`, tag: "1" });
    assert.deepEqual(
      (await images.list()).filter((name) => name.includes("backup")),
      [],
    );
    assert.ok((await images.list()).includes(reference));
    await images.remove(`backup-${instance}:1`);
    assert.ok(await engine.images.inspect(`backup-${instance}:1`), "it was removed");
    await images.remove(reference);
  });

  test("leftovers are what has ended, has no name or is kept for no app, and nothing of others", async () => {
    const [own, foreign] = [newInstance(), newInstance()];
    const docker = rawDocker();
    const images = createImageStore({ engine, instance: own });
    const volumes = [cacheVolume(own, "known"), cacheVolume(own, "gone"), cacheVolume(foreign, "gone")];
    const [known = "", gone = "", ofOther = ""] = volumes;
    try {
      for (const [Name, id] of [
        [known, own],
        [gone, own],
        [ofOther, foreign],
      ] as const) {
        await docker.createVolume({ Name, Labels: { [labels.instance]: id, [labels.kind]: "cache" } });
      }
      for (const [id, app] of [
        [own, "known"],
        [own, "gone"],
        [foreign, "gone"],
      ] as const)
        await commit(id, app, "base");
      const [ended, running, dyno, theirs] = await Promise.all([
        create(own, "build"),
        create(own, "run"),
        create(own, "dyno"),
        create(foreign, "build"),
      ]);
      for (const id of [ended, running, dyno, theirs]) await engine.containers.start(id);
      for (const id of [ended, dyno, theirs]) await docker.getContainer(id).kill();
      assert.equal(await images.removeLeftovers(() => ["known"]), 3);
      const left = async (id: string) => (await engine.containers.list({ [labels.instance]: id })).map((one) => one.id);
      assert.deepEqual([(await left(own)).sort(), await left(foreign)], [[running, dyno].sort(), [theirs]]);
      const bases = [`berth-${own}/base:known`, `berth-${own}/base:gone`, `berth-${foreign}/base:gone`];
      const there = await Promise.all(bases.map(async (name) => (await engine.images.inspect(name)) !== undefined));
      assert.deepEqual(there, [true, false, true]);
      const kept = await Promise.all(volumes.map(async (name) => (await engine.volumes.labels(name)) !== undefined));
      assert.deepEqual(kept, [true, false, true]);
    } finally {
      await Promise.all([own, foreign].map((id) => removeAllOf(engine, id)));
    }
  });

  test("images of others are not there", async () => {
    const images = createImageStore({ engine, instance });
    const foreign = await commit(other, "foreign");
    assert.equal(await images.exists(foreign), false);
    await images.remove(foreign);
    assert.equal(await images.exists(runImage), false);
    assert.ok(await engine.images.inspect(foreign), "it was not removed");
  });

  test("an image in use stays", async () => {
    const images = createImageStore({ engine, instance });
    const reference = await commit(instance, "used");
    const id = await engine.containers.create(`${instance}-user`, {
      Image: reference,
      Labels: { [labels.kind]: "dyno", [labels.instance]: instance },
    });
    await assert.rejects(images.remove(reference), { code: "image-in-use" });
    await engine.containers.remove(id);
    await images.remove(reference);
  });

  test("a cache is removed, a volume of that name that is not ours is not", async () => {
    const images = createImageStore({ engine, instance });
    const docker = rawDocker();
    const [ours, foreign] = [cacheVolume(instance, "a"), cacheVolume(instance, "b")];
    await docker.createVolume({ Name: ours, Labels: { [labels.instance]: instance } });
    await docker.createVolume({ Name: foreign });
    const build = await engine.containers.create(`${instance}-cached`, {
      Image: runImage,
      Labels: { [labels.instance]: instance, [labels.kind]: "build", [labels.cache]: ours },
      HostConfig: { Binds: [`${ours}:/tmp/cache`] },
    });
    try {
      for (const appId of ["a", "b", "c"]) await images.removeCache(appId);
      assert.equal(await engine.volumes.labels(ours), undefined, "also while an ended build still has it");
      assert.equal(await engine.containers.inspect(build), undefined);
      assert.ok(await engine.volumes.labels(foreign));
    } finally {
      await engine.volumes.remove(foreign);
    }
  });
});
