import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { suite, test } from "node:test";
import type { Source } from "../../../src/builders/builder.ts";
import { createHerokuBuilder } from "../../../src/builders/dockerfile/create-heroku-builder.ts";
import { parseHerokuYml } from "../../../src/builders/dockerfile/heroku-yml.ts";
import { makeTar } from "../../../src/lib/tar.ts";
import { dockerPlace } from "../../helpers/docker.ts";
import { requireImages, runImage } from "../../helpers/images.ts";
import { never } from "../../schedulers/contract.ts";

suite("heroku.yml", () => {
  test("says what is built, with which args, and what runs", () => {
    const file = parseHerokuYml(`
setup:
  addons: [{plan: heroku-postgresql}]
build:
  docker:
    web: ./Dockerfile
    worker: {dockerfile: worker/Dockerfile, target: final}
  config: {RAILS_ENV: production, DEBUG: 1}
release:
  image: worker
  command: [./migrate, ./seed]
run:
  web: bundle exec puma -p $PORT
  worker: {command: [python myworker.py]}
  clock: {command: [tick], image: worker}
`);
    assert.deepEqual(file, {
      images: [
        { name: "web", dockerfile: "Dockerfile", target: undefined },
        { name: "worker", dockerfile: "worker/Dockerfile", target: "final" },
      ],
      args: { RAILS_ENV: "production", DEBUG: "1" },
      run: { web: "bundle exec puma -p $PORT", worker: "python myworker.py", clock: "tick" },
      release: { release: "./migrate && ./seed" },
      imageOf: { release: "worker", clock: "worker" },
    });
  });

  test("without Dockerfiles is for somebody else", () => {
    assert.equal(parseHerokuYml("build:\n  packages: [x]"), undefined);
    assert.equal(parseHerokuYml(""), undefined);
  });

  for (const text of [
    "build: [",
    "build: x",
    "build: {docker: {web: [1]}}",
    "build: {docker: {web: ../Dockerfile}}",
    "build: {docker: {web: /Dockerfile}}",
    "build: {docker: {'a b': Dockerfile}}",
    "build: {docker: {web: Dockerfile}}\nrun: {worker: {command: x, image: other}}",
    "build: {docker: {web: Dockerfile}}\nrun: {worker: {}}",
  ]) {
    test(`cannot be ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseHerokuYml(text), { code: "invalid-heroku-yml" });
    });
  }

  test("makes an image of each Dockerfile in its own folder, and process types know theirs", async (t) => {
    requireImages();
    const place = await dockerPlace();
    t.after(() => place.dispose());
    const files = {
      "heroku.yml": `
build: {docker: {web: Dockerfile, worker: sub/Dockerfile}, config: {WHAT: told}}
release: {image: worker, command: cat /b}
run: {worker: sleep 1, clock: {command: tick, image: worker}}`,
      Dockerfile: `FROM ${runImage}\nEXPOSE 8080\n`,
      "sub/Dockerfile": `FROM ${runImage}\nARG WHAT\nUSER root\nCOPY b /b\nRUN test "$WHAT" = told\n`,
      "sub/b": "b",
    };
    const builder = createHerokuBuilder(place);
    const quiet = () => undefined;
    const progress = { step: quiet, headline: quiet, detail: quiet, warn: quiet, line: quiet };
    const settings = { dockerfilePath: "Dockerfile", dockerOptions: [] };
    const source = sourceOf(files);
    assert.equal(await builder.detect(source, settings), true);
    const request = { app: "a", appId: "a", buildId: "b1", source, config: {}, settings };
    const image = await builder.build(request as never, progress, never);
    assert.deepEqual(image.processTypes, { web: "", worker: "sleep 1", clock: "tick", release: "cat /b" });
    const worker = { image: `${image.reference.replace(/-web$/, "")}-worker` };
    assert.deepEqual(image.runtime, { port: 8080, services: { worker, clock: worker, release: worker } });
    for (const reference of [image.reference, worker.image]) assert.ok(await place.engine.images.inspect(reference));
  });
});

function sourceOf(files: Record<string, string>): Source {
  const entries = Object.entries(files).map(([name, content]) => ({ name, content, mode: 0o644, uid: 0, gid: 0 }));
  return {
    commit: "c".repeat(40),
    has: async (path) => Object.hasOwn(files, path),
    read: async (path) => files[path],
    tar: async () => Readable.from([makeTar(entries)]),
  };
}
