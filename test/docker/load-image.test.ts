import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { createImageStore } from "../../src/docker/image-store.ts";
import { labels } from "../../src/docker/labels.ts";
import { type DockerPlace, dockerPlace, rawDocker } from "../helpers/docker.ts";
import { never } from "../schedulers/contract.ts";

type Entry = Parameters<ReturnType<typeof pack>["entry"]>[0] & { readonly content?: string };

suite("Loading an image from an archive", { concurrency: 2 }, () => {
  let place: DockerPlace;
  before(async () => {
    place = await dockerPlace();
  });
  after(() => place.dispose());

  const load = (archive: Buffer) =>
    createImageStore(place).load(Readable.from([archive.subarray(0, 100), archive.subarray(100)]), never);

  async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
    const tar = pack();
    for (const { content = "", ...header } of entries) tar.entry(header, content);
    tar.finalize();
    return await buffer(tar as unknown as Readable);
  }

  /** An image without files, as `docker save` writes it. */
  async function saved(name: string): Promise<Buffer> {
    const container = { Labels: { [labels.instance]: place.instance, nonce: randomUUID() } };
    const config = { architecture: "amd64", os: "linux", config: container, rootfs: { type: "layers", diff_ids: [] } };
    const manifest = [{ Config: "c.json", RepoTags: [name], Layers: [] }];
    return await tarOf([
      { name: "c.json", content: JSON.stringify(config) },
      { name: "manifest.json", content: JSON.stringify(manifest) },
    ]);
  }

  test("it gets its name, packed or not", async () => {
    const name = `sample-${place.instance}`;
    assert.deepEqual(await load(await saved(`${name}:1`)), [`${name}:1`]);
    assert.deepEqual(await load(gzipSync(await saved(`${name}:2`))), [`${name}:2`]);
    assert.ok(await place.engine.images.inspect(`${name}:2`));
  });

  for (const name of ["berth/build:1", "berth-0123456789/shop:b1", "docker.io/berth/run:1"]) {
    test(`it does not get the name ${name}`, async () => {
      const before = (await rawDocker().listImages()).length;
      const refused = {
        code: "image-not-loaded",
        message: `An image may not be loaded under a name of Berth's own: ${name}`,
      };
      await assert.rejects(load(await saved(name)), refused);
      await assert.rejects(load(gzipSync(await saved(name))), refused);
      const manifest = [{ Config: "c.json", RepoTags: [name], Layers: [] }];
      const elsewhere = await tarOf([
        { name: "x", type: "symlink", linkname: "." },
        { name: "x/manifest.json", content: JSON.stringify(manifest).replace("b", "\\u0062") },
      ]);
      await assert.rejects(load(elsewhere), refused);
      await assert.rejects(
        load(await tarOf([{ name: "repositories", content: JSON.stringify({ [name]: {} }) }])),
        refused,
      );
      assert.ok(before > 0);
    });
  }

  test("a list that is no file, and what is no archive, is refused", async () => {
    const linked = await tarOf([{ name: "manifest.json", type: "symlink", linkname: "x" }]);
    for (const archive of [
      linked,
      Buffer.from("hello"),
      Buffer.alloc(0),
      await tarOf([{ name: "manifest.json", content: "[" }]),
    ]) {
      await assert.rejects(load(archive), { code: "image-not-loaded" });
    }
  });
});
