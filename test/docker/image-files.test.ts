import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, suite, test } from "node:test";
import { createImageStore } from "../../src/docker/image-store.ts";
import { labels } from "../../src/docker/labels.ts";
import { makeTar } from "../../src/lib/tar.ts";
import { type DockerPlace, dockerPlace } from "../helpers/docker.ts";
import { never } from "../schedulers/contract.ts";

suite("Files of an image", () => {
  let place: DockerPlace;
  before(async () => {
    place = await dockerPlace();
  });
  after(() => place.dispose());

  let images = 0;
  async function imageOf(dockerfile: string, files: Record<string, string> = {}): Promise<string> {
    const tag = `files-${place.instance}:${++images}`;
    const entries = Object.entries({ ...files, Dockerfile: dockerfile }).map(([name, content]) => ({
      ...{ name, content, mode: 0o600, uid: 0, gid: 0 },
    }));
    const limits = { cpus: 1, memoryBytes: 2 ** 30 };
    const build = { context: Readable.from([makeTar(entries)]), dockerfile: "Dockerfile", tag, buildArgs: {}, limits };
    const own = { [labels.instance]: place.instance };
    const more = { backend: "classic" as const, labels: own, secret: () => undefined, onLine: () => undefined };
    await place.engine.images.build({ ...build, ...more }, never);
    return tag;
  }

  const read = async (image: string, ...paths: string[]) =>
    Object.fromEntries(await createImageStore(place).files("shop", image, paths));

  test("are read from its working folder, and from below it", async () => {
    const files = { Procfile: "web: x\n", "a.json": '{"ü": 1}', other: "no" };
    const image = await imageOf(
      "FROM scratch\nWORKDIR /srv/app\nCOPY Procfile .\nCOPY a.json deploy/app.json\nCOPY other /\n",
      files,
    );
    assert.deepEqual(await read(image, "Procfile", "deploy/app.json", "other", "app.json"), {
      Procfile: "web: x\n",
      "deploy/app.json": '{"ü": 1}',
    });
  });

  test("are read without a command, a working folder or a shell in it, and leave no container", async () => {
    const image = await imageOf("FROM scratch\nCOPY Procfile /\n", { Procfile: "web: y" });
    assert.deepEqual(await read(image, "Procfile"), { Procfile: "web: y" });
    assert.deepEqual(await place.engine.containers.list({ [labels.instance]: place.instance }), []);
  });

  test("are not there if a folder has the name, and refused if they are too large", async () => {
    const folder = await imageOf("FROM scratch\nCOPY x /Procfile/x\n", { x: "1" });
    assert.deepEqual(await read(folder, "Procfile"), {});
    const large = await imageOf("FROM scratch\nCOPY Procfile /\n", { Procfile: "#".repeat(2 ** 21) });
    await assert.rejects(read(large, "Procfile"), { code: "file-too-large" });
    assert.deepEqual(await place.engine.containers.list({ [labels.instance]: place.instance }), []);
  });
});
