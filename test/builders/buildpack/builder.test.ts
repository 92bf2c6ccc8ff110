import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { after, before, suite, test } from "node:test";
import type { BuildRequest, Source } from "../../../src/builders/builder.ts";
import { type BuildpackBuilder, createBuildpackBuilder } from "../../../src/builders/buildpack/create-builder.ts";
import { baseImage, cacheVolume, createImageStore } from "../../../src/docker/image-store.ts";
import { labels } from "../../../src/docker/labels.ts";
import { makeTar } from "../../../src/lib/tar.ts";
import { createDockerLocalScheduler } from "../../../src/schedulers/docker-local/create-scheduler.ts";
import { type DockerPlace, dockerPlace, rawDocker } from "../../helpers/docker.ts";
import { buildImage, requireImages, runImage } from "../../helpers/images.ts";
import { never, runIo } from "../../schedulers/contract.ts";

suite("Builds with buildpacks in Docker", { concurrency: 2 }, () => {
  let place: DockerPlace;
  let builder: BuildpackBuilder;
  before(async () => {
    requireImages();
    place = await dockerPlace();
    builder = createBuildpackBuilder({ ...place, runImage, buildImage: await withProbe(place) });
  });
  after(async () => {
    await builder.settled();
    const left = await place.engine.containers.list({ [labels.instance]: place.instance });
    await place.dispose();
    assert.deepEqual(left, [], "every container of a build is removed");
  });

  const limits = { cpus: 1, memoryBytes: 2 ** 30 };
  // The names of containers are the engine's, which other test files use at the same time.
  const run = randomUUID();
  let builds = 0;
  function request(files: Record<string, string>, more: Partial<BuildRequest> = {}): BuildRequest {
    const id = ++builds;
    const source = sourceOf(Readable.from([makeTar(entries(files))]));
    return {
      app: `app-${id}`,
      appId: `id-${id}`,
      buildId: `build-${id}-${run}`,
      source,
      config: {},
      limits,
      settings: { dockerfilePath: "Dockerfile", dockerOptions: [] },
      ...more,
    };
  }

  function listener(onLine: (line: string) => void = () => {}) {
    const lines: string[] = [];
    const line = (text: string): void => {
      lines.push(text);
      onLine(text);
    };
    return { lines, progress: { step: line, headline: line, detail: line, warn: line, line } };
  }

  /** What a shell line prints in a dyno of the image. */
  async function inside(image: string, script: string): Promise<string> {
    const scheduler = createDockerLocalScheduler(place);
    const { io, stdout } = runIo("");
    const command = ["bash", "-c", script];
    await scheduler.attach({ app: "x", release: 1, image, command, config: {}, stopTimeoutSeconds: 1 }, io);
    return stdout();
  }

  const procfile = { Procfile: "web: ./web\nworker: ./work\n" };

  test("an app with a Procfile becomes an image with its files, owned by the user that runs them", async () => {
    const { progress, lines } = listener();
    const image = await builder.build(request({ ...procfile, web: "#!/bin/sh\n", "sub/deep": "x" }), progress, never);
    assert.deepEqual(image.processTypes, { web: "./web", worker: "./work" });
    assert.ok(
      lines.some((line) => /app detected/.test(line)),
      lines.join("\n"),
    );
    const listed = await inside(
      image.reference,
      "pwd; cd; pwd; find . -type f -not -name .release -printf '%p %U %G\\n' | sort; cat sub/deep",
    );
    assert.equal(listed, "/app\n/app\n./Procfile 32767 32767\n./sub/deep 32767 32767\n./web 32767 32767\nx");
    const found = (await place.engine.images.inspect(image.reference))?.labels;
    assert.equal(found?.[labels.instance], place.instance);
    assert.equal(found?.[labels.kind], "image");
    assert.match(image.reference, new RegExp(`^berth-${place.instance}/app-\\d+:build-\\d+-[0-9a-f-]+$`));
  });

  test("what builds have in common is kept in a base of the app: a further image adds only the app's own files", async () => {
    const { progress } = listener();
    const files = {
      "package.json": '{"name":"x","scripts":{"start":"node x.js"}}',
      "x.js": "",
      more: "x".repeat(1000),
    };
    const real = createBuildpackBuilder({ ...place, runImage, buildImage });
    const first = await real.build(request(files, { appId: "based" }), progress, never);
    const second = await real.build(request({ ...files, more: "y" }, { appId: "based" }), progress, never);
    await real.settled();
    const layers = async (image: string): Promise<string[]> =>
      (await rawDocker().getImage(image).inspect()).RootFS.Layers ?? [];
    const [before, now] = [await layers(first.reference), await layers(second.reference)];
    assert.deepEqual(now.slice(0, -1), before.slice(0, -1));
    const [newest] = await rawDocker().getImage(second.reference).history();
    assert.ok(newest.Size < 100_000, `the layer has ${newest.Size} bytes`);
    assert.match(await inside(second.reference, "node --version; cat more"), /^v\d+.*\ny$/);
    const store = createImageStore(place);
    await store.remove(first.reference);
    await store.remove(second.reference);
    await store.removeCache("based");
    assert.equal(await place.engine.images.inspect(baseImage(place.instance, "based")), undefined);
  });

  test("a source that nothing fits fails, says what was tried, and leaves no image", async () => {
    const { progress, lines } = listener();
    const wanted = request({ "notes.txt": "x" });
    await assert.rejects(builder.build(wanted, progress, never), { code: "build-failed", message: /exit code 1$/ });
    assert.match(lines.join("\n"), /No buildpack fits this app/);
    const reference = `berth-${place.instance}/${wanted.app}:${wanted.buildId}`;
    assert.equal(await place.engine.images.inspect(reference), undefined);
  });

  test("a Procfile that cannot be read fails with its line", async () => {
    const { progress } = listener();
    await assert.rejects(builder.build(request({ Procfile: "web: a\nwhat is this" }), progress, never), {
      code: "invalid-procfile",
      message: /line 2/,
    });
  });

  test("config vars are there for the build, and are not in the image", async () => {
    const config = { SECRET: "one\ntwo=three", EMPTY: "" };
    const probe = 'echo "$(ls $3 | tr "\\n" " ")<$(cat $3/SECRET)>"; cd $3 && stat -c "%n %a %u" . *';
    const { progress, lines } = listener();
    const image = await builder.build(request({ ...procfile, ".probe": probe }, { config }), progress, never);
    assert.match(lines.join("\n"), /EMPTY SECRET <one\ntwo=three>\n\. 700 32767\nEMPTY 600 32767\nSECRET 600 32767\n/);
    assert.equal(await inside(image.reference, "env | grep -c SECRET; ls /tmp/env 2>/dev/null | wc -l"), "0\n0\n");
  });

  test("an abort ends the build at once and leaves nothing", async () => {
    const stop = new AbortController();
    const reason = new Error("the caller has gone");
    const { progress } = listener((line) => {
      if (line.includes("waiting for ever")) stop.abort(reason);
    });
    const wanted = request({ ...procfile, ".probe": "echo waiting for ever; sleep infinity" });
    const begin = Date.now();
    await assert.rejects(builder.build(wanted, progress, stop.signal), reason);
    assert.ok(Date.now() - begin < 60_000);
    assert.deepEqual(await place.engine.containers.list({ [labels.app]: wanted.app }), []);
  });

  test("an abort before the start does nothing", async () => {
    const { progress } = listener();
    await assert.rejects(builder.build(request(procfile), progress, AbortSignal.abort(new Error("early"))), /early/);
  });

  test("a source that breaks off fails with its reason, not with half an app", async () => {
    const broken = (async function* () {
      yield makeTar(entries(procfile)).subarray(0, 512);
      throw new Error("git went away");
    })();
    const { progress } = listener();
    const wanted = request({}, { source: sourceOf(Readable.from(broken)) });
    await assert.rejects(builder.build(wanted, progress, never), /git went away/);
    assert.deepEqual(await place.engine.containers.list({ [labels.app]: wanted.app }), []);
  });

  test("a missing build image is named", async () => {
    const { progress } = listener();
    const lost = createBuildpackBuilder({ ...place, runImage, buildImage: "berth-test/missing:1" });
    await assert.rejects(lost.build(request(procfile), progress, never), { code: "build-image-missing" });
    await lost.settled();
  });

  test("output comes while the build runs, line by line", async () => {
    const times: number[] = [];
    const { progress, lines } = listener((line) => {
      if (/^(one|two)$/.test(line)) times.push(Date.now());
    });
    await builder.build(request({ ...procfile, ".probe": "echo one; sleep 1; echo two >&2" }), progress, never);
    assert.deepEqual(lines.slice(1, 3), ["one", "two"]);
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) > 800);
  });

  test("a build that fails passes on its output and exit code", async () => {
    const { progress, lines } = listener();
    const failing = request({ ...procfile, ".probe": "echo compiling; exit 34" });
    await assert.rejects(builder.build(failing, progress, never), { code: "build-failed", message: /exit code 34$/ });
    assert.ok(lines.includes("compiling"));
  });

  test("a build that needs more memory than it may have is killed, and that is what it says", async () => {
    const hog = "perl -e '$x = q(x) x (1 << 28); print length $x' || exit 9";
    const wanted = request({ ...procfile, ".probe": hog }, { limits: { cpus: 1, memoryBytes: 64 * 2 ** 20 } });
    await assert.rejects(builder.build(wanted, listener().progress, never), {
      code: "build-failed",
      message: "Build failed: it ran out of memory and was killed (exit code 9)",
    });
  });

  test("a build knows its commit and id, has no privileges", async () => {
    const { progress, lines } = listener();
    const probe = 'echo "$SOURCE_VERSION $REQUEST_ID $STACK"; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; id -u';
    const wanted = request({ ...procfile, ".probe": probe });
    await builder.build(wanted, progress, never);
    assert.match(lines.join("\n"), new RegExp(`c{40} ${wanted.buildId} \\S+\nCapEff:\t0+\nNoNewPrivs:\t1\n32767\n`));
  });

  test("the cache outlives the build and belongs to the app alone", async () => {
    const probe = 'echo "found <$(cat $2/kept 2>/dev/null)>"; echo $SOURCE_VERSION > $2/kept';
    const files = { ...procfile, ".probe": probe };
    const found = async (more: Partial<BuildRequest>) => {
      const { progress, lines } = listener();
      await builder.build(request(files, more), progress, never);
      return lines.find((line) => line.startsWith("found"));
    };
    const mine = { appId: "cached" };
    assert.equal(await found(mine), "found <>");
    assert.equal(await found(mine), `found <${"c".repeat(40)}>`);
    assert.equal(await found({}), "found <>");
    const volume = await place.engine.volumes.labels(cacheVolume(place.instance, mine.appId));
    assert.equal(volume?.[labels.instance], place.instance);
  });
});

/** The build image with one buildpack more: it runs the app's own file `.probe`. */
async function withProbe({ engine, instance }: DockerPlace): Promise<string> {
  const { containers } = engine;
  const own = { [labels.instance]: instance, [labels.kind]: "slug" };
  const id = await containers.create(`${instance}-probe`, { Image: buildImage, Labels: own });
  const files = {
    order: "probe\nnull\n",
    "probe/needs": "a file .probe\n",
    "probe/bin/detect": "#!/bin/sh\n[ -f $1/.probe ] && echo Probe\n",
    "probe/bin/compile": '#!/bin/sh\nexec bash $1/.probe "$@"\n',
  };
  await containers.putArchive(id, "/buildpacks", makeTar(entries(files)));
  const name = { repository: `berth-${instance}/probe`, tag: "1" };
  await containers.commit(id, name, { Labels: { [labels.kind]: "image" } });
  await containers.remove(id);
  return `${name.repository}:${name.tag}`;
}

function entries(files: Record<string, string>) {
  return Object.entries(files).map(([name, content]) => ({ name, content, mode: 0o755, uid: 0, gid: 0 }));
}

function sourceOf(tar: Readable): Source {
  return { commit: "c".repeat(40), has: async () => true, read: async () => undefined, tar: async () => tar };
}
