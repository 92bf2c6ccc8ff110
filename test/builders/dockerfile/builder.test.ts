import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { after, before, suite, test } from "node:test";
import type { BuildRequest, Source } from "../../../src/builders/builder.ts";
import { createDockerfileBuilder } from "../../../src/builders/dockerfile/create-builder.ts";
import { type BuildNetwork, directNetwork } from "../../../src/builders/network/network.ts";
import { subfolder } from "../../../src/builders/subfolder.ts";
import { labels } from "../../../src/docker/labels.ts";
import { makeTar } from "../../../src/lib/tar.ts";
import { createDockerLocalScheduler } from "../../../src/schedulers/docker-local/create-scheduler.ts";
import { eventually, runOk } from "../../helpers/berth.ts";
import { type DockerPlace, dockerPlace, rawDocker } from "../../helpers/docker.ts";
import { requireImages, runImage } from "../../helpers/images.ts";
import { never, runIo } from "../../schedulers/contract.ts";

const limits = { cpus: 1, memoryBytes: 2 ** 30 };
// The engine keeps layers over runs of the tests; these are nobody else's.
const from = `FROM ${runImage}\nENV NONCE=${randomUUID()}\nUSER root\n`;

for (const backend of ["buildkit", "classic"] as const) {
  suite(`Builds with a Dockerfile, ${backend}`, { concurrency: 2 }, () => {
    let place: DockerPlace;
    before(async () => {
      requireImages();
      place = await dockerPlace();
    });
    after(() => place.dispose());

    // The names of containers are the engine's, which other test files use at the same time.
    const run = randomUUID();
    let builds = 0;
    async function build(
      files: Record<string, string>,
      more: Partial<BuildRequest> = {},
      { signal = never, ...options }: { signal?: AbortSignal; buildNetwork?: BuildNetwork } = {},
    ) {
      const id = ++builds;
      const lines: string[] = [];
      const line = (text: string): void => void lines.push(text);
      const progress = { step: line, headline: line, detail: line, warn: line, line };
      const settings = { dockerfilePath: "Dockerfile", dockerOptions: [] };
      const names = { app: `app-${id}`, appId: `id-${id}`, buildId: `build-${id}-${run}` };
      const request = { ...names, source: sourceOf(files), config: {}, settings, limits, ...more };
      const image = createDockerfileBuilder({ ...place, backend, ...options }).build(request, progress, signal);
      return { image: await image.catch((error: unknown) => ({ error })), lines };
    }

    async function buildOk(
      files: Record<string, string>,
      more?: Partial<BuildRequest>,
      options?: Parameters<typeof build>[2],
    ) {
      const { image, lines } = await build(files, more, options);
      if ("error" in image) throw image.error;
      return { ...image, lines };
    }

    async function failure(
      files: Record<string, string>,
      more: Partial<BuildRequest> = {},
    ): Promise<Error & { hint?: string }> {
      const { image } = await build(files, more);
      assert.ok("error" in image, "the build did not fail");
      return image.error as Error;
    }

    async function inside(image: string, command: string[]): Promise<string> {
      const { io, stdout } = runIo("");
      const spec = { app: "x", release: 1, image, command, ownImage: true, config: {}, stopTimeoutSeconds: 1 };
      await createDockerLocalScheduler(place).attach(spec, io);
      return stdout();
    }

    test("an image has the app's files, its own user and entry point, and the label of its build", async () => {
      const files = {
        Dockerfile: `${from}COPY a /a\nUSER 1234\nENTRYPOINT ["cat"]\nCMD ["/a"]\nEXPOSE 9090\n`,
        a: "hello",
      };
      const { reference, processTypes, runtime } = await buildOk(files);
      assert.deepEqual(processTypes, { web: "" });
      assert.deepEqual(runtime, { port: 9090 });
      assert.equal(await inside(reference, ["/a"]), "hello");
      const found = await rawDocker().getImage(reference).inspect();
      assert.equal(found.Config.User, "1234");
      assert.equal(found.Config.Labels[labels.instance], place.instance);
      assert.equal(found.Config.Labels[labels.kind], "image");
    });

    test("process types are the Procfile's, where there is one", async () => {
      const { processTypes } = await buildOk({ Dockerfile: from, Procfile: "web: a\nworker: b\n" });
      assert.deepEqual(processTypes, { web: "a", worker: "b" });
      const error = await failure({ Dockerfile: from, Procfile: "what is this" });
      assert.match(error.message, /Procfile line 1/);
    });

    test("a declared ARG gets the config var, others are not told", async () => {
      const files = { Dockerfile: `${from}ARG GREETING=none\nRUN echo "said $GREETING$SECRET."` };
      const { reference, lines } = await buildOk(files, { config: { GREETING: "ahoy", SECRET: "x" } });
      assert.match(lines.join("\n"), /said ahoy\./);
      assert.equal(await inside(reference, ["sh", "-c", "echo $GREETING$SECRET"]), "\n");
    });

    test("an ARG of a tool's own name gets the host's mirror, below the app's config var", async () => {
      const buildNetwork = {
        ...directNetwork,
        pypiIndex: "https://mirror.test/pypi",
        goProxy: "https://mirror.test/go",
      };
      const files = {
        Dockerfile: `${from}ARG PIP_INDEX_URL\nARG GOPROXY\nRUN echo "from $PIP_INDEX_URL $GOPROXY$GOSUMDB."`,
      };
      const { lines } = await buildOk(files, { config: { GOPROXY: "off" } }, { buildNetwork });
      assert.match(lines.join("\n"), /from https:\/\/mirror\.test\/pypi off\./);
    });

    test("what .dockerignore names is not in the context, but a Dockerfile in it is found", async () => {
      const files = {
        "docker/Dockerfile": `${from}COPY . /ctx\n`,
        ".dockerignore": "*.log\ndocker\n!keep.log\n",
        "a.log": "",
        "keep.log": "",
        "sub/b.txt": "",
      };
      const { reference } = await buildOk(files, {
        settings: { dockerfilePath: "docker/Dockerfile", dockerOptions: [] },
      });
      const listed = await inside(reference, ["find", "/ctx", "-type", "f"]);
      const found = listed
        .trim()
        .split("\n")
        .filter((path) => !path.endsWith("Dockerfile"));
      assert.deepEqual(found.sort(), ["/ctx/.dockerignore", "/ctx/keep.log", "/ctx/sub/b.txt"]);
    });

    test("a target stage is built, and nothing after it", async () => {
      const files = { Dockerfile: `${from.replace("\n", " AS one\n")}EXPOSE 1111\nFROM one\nEXPOSE 2222\nRUN false\n` };
      const settings = { dockerfilePath: "Dockerfile", dockerOptions: ["--target one"] };
      assert.deepEqual((await buildOk(files, { settings })).runtime, { port: 1111 });
    });

    test("a folder of a monorepo is a context of its own", async () => {
      const files = { "web/Dockerfile": `${from}COPY . /ctx\n`, "web/a": "x", "web/deep/b": "", other: "" };
      const { reference } = await buildOk({}, { source: subfolder(sourceOf(files), "./web/") });
      assert.equal(
        await inside(reference, ["sh", "-c", "cd /ctx && find . -type f | sort | xargs"]),
        "./Dockerfile ./a ./deep/b\n",
      );
      const lost = sourceOf({ ...files, "none/Dockerfile": from });
      const missing = subfolder({ ...lost, tar: sourceOf(files).tar }, "none");
      assert.match((await failure({}, { source: missing })).message, /no folder 'none'/);
    });

    test("output comes line by line while the build runs", async () => {
      const { lines } = await buildOk({ Dockerfile: `${from}RUN echo one; sleep 0.1; echo two >&2\n` });
      const text = lines.join("\n");
      assert.match(text, /RUN echo one/);
      assert.match(text, /^(#\d+ )?one$/m);
      assert.match(text, /^(#\d+ )?two$/m);
    });

    test("a second build finds its layers again", async () => {
      const files = { Dockerfile: `${from}RUN echo layer ${backend} > /x\nCOPY a /a\n`, a: "1" };
      await buildOk(files);
      const { lines } = await buildOk({ ...files, a: "2" });
      assert.match(lines.join("\n"), backend === "buildkit" ? /#\d+ CACHED/ : / ---> Using cache/);
    });

    test("a step that fails is named with its exit code, and no image is left", async () => {
      const error = await failure({ Dockerfile: `${from}RUN echo before; exit 34\n` });
      assert.equal(error.message, "Build failed: 'echo before; exit 34' ended with exit code 34");
      const left = await place.engine.images.inspect(`berth-${place.instance}/app-${builds}:build-${builds}`);
      assert.equal(left, undefined);
    });

    test("a Dockerfile that cannot be read, or is not there, is the user's to mend", async () => {
      assert.match(
        (await failure({ Dockerfile: `${from}WHAT is this\n` })).message,
        /^Build failed: .*unknown instruction: WHAT/i,
      );
      assert.match((await failure({ x: "" })).message, /No Dockerfile found/);
      const { message, hint } = await failure({ Dockerfile: `${from}COPY absent /\n` });
      assert.equal(message, "Build failed: Dockerfile: there is no 'absent' to copy");
      assert.match(hint ?? "", /\.dockerignore/);
    });

    test("an abort stops what the build runs", async () => {
      const stop = new AbortController();
      const marker = `sleep 98765${builds}.${backend === "classic" ? 1 : 2}`;
      const reason = new Error("Interrupted");
      const running = build({ Dockerfile: `${from}RUN ${marker}\n` }, {}, stop);
      const processes = async () => (await runOk("ps", ["-eo", "args"])).split("\n").includes(marker);
      await eventually(async () => assert.ok(await processes(), "the step has not begun"), 60_000);
      stop.abort(reason);
      const { image } = await running;
      assert.deepEqual(image, { error: reason });
      await eventually(async () => assert.ok(!(await processes()), "the step goes on"), 60_000);
    });

    test("a source that breaks off fails with its reason", async () => {
      const source: Source = {
        ...sourceOf({ Dockerfile: from }),
        tar: async () =>
          Readable.from(
            (async function* () {
              yield makeTar([]).subarray(0, 100);
              throw new Error("git went away");
            })(),
          ),
      };
      assert.match((await failure({}, { source })).message, /git went away/);
    });
  });
}

suite("What only BuildKit can", () => {
  let place: DockerPlace;
  before(async () => {
    place = await dockerPlace();
  });
  after(() => place.dispose());

  test("an app that chooses the classic builder has its limits, which BuildKit's steps do not", async () => {
    const lines: string[] = [];
    const line = (text: string): void => void lines.push(text);
    const step = `python3 -c "bytearray(500 * 1024 * 1024)"`;
    const request = {
      ...{ app: "limited", appId: "limited", buildId: "b1", source: sourceOf({ Dockerfile: `${from}RUN ${step}` }) },
      settings: { dockerfilePath: "Dockerfile", dockerOptions: [], backend: "classic" as const },
      ...{ config: {}, limits: { cpus: 1, memoryBytes: 200 * 1024 * 1024 } },
    };
    const progress = { step: line, headline: line, detail: line, warn: line, line };
    await assert.rejects(createDockerfileBuilder(place).build(request, progress, never), {
      code: "build-failed",
      message: /ended with exit code 137$/,
      hint: /memory ran out/,
    });
  });

  test("a RUN may mount a config var as a secret; it is in no layer", async () => {
    const lines: string[] = [];
    const line = (text: string): void => void lines.push(text);
    const text = `${from}RUN --mount=type=secret,id=TOKEN --mount=type=secret,id=other cat /run/secrets/*; echo; ls /run/secrets\nRUN cat /run/secrets/TOKEN || echo gone\n`;
    const request = {
      ...{ app: "secret", appId: "secret", buildId: "b1", source: sourceOf({ Dockerfile: text }) },
      config: { TOKEN: "s3cret", KEY: "other value" },
      settings: { dockerfilePath: "Dockerfile", dockerOptions: ["--secret id=other,env=KEY"] },
      limits,
    };
    await createDockerfileBuilder(place).build(
      request,
      { step: line, headline: line, detail: line, warn: line, line },
      never,
    );
    assert.match(lines.join("\n"), /s3cretother value/);
    assert.match(lines.join("\n"), /gone/);
  });

  test("a syntax image that no registry gives is done without", async () => {
    const lines: string[] = [];
    const line = (text: string): void => void lines.push(text);
    // No registry has that tag, whatever network this runs in.
    const text = `# syntax=docker/dockerfile:0-${randomUUID()}\n${from}RUN --mount=type=cache,target=/c echo built\n`;
    const request = {
      ...{ app: "syntax", appId: "syntax", buildId: "b1", source: sourceOf({ Dockerfile: text }), config: {} },
      settings: { dockerfilePath: "Dockerfile", dockerOptions: [] },
    };
    const progress = { step: line, headline: line, detail: line, warn: line, line };
    await createDockerfileBuilder(place).build(request as never, progress, never);
    assert.match(lines.join("\n"), /cannot be fetched\nBuilding with the engine's own syntax instead/);
    assert.match(lines.join("\n"), /#\d+ built/);
  });

  test("what one app keeps in a cache mount, another does not find", async () => {
    async function seenBy(appId: string, change: string): Promise<string> {
      const lines: string[] = [];
      const line = (said: string): void => void lines.push(said);
      const mount = "RUN --mount=type=cache,id=shared,target=/c";
      const text = `${from}${mount} echo ${change} >> /c/who; echo "there: $(xargs < /c/who)"\n`;
      const request = {
        ...{ app: appId, appId, buildId: change, source: sourceOf({ Dockerfile: text }) },
        config: { BUILDKIT_CACHE_MOUNT_NS: "ours" },
        settings: { dockerfilePath: "Dockerfile", dockerOptions: ["--build-arg BUILDKIT_CACHE_MOUNT_NS=ours"] },
        limits,
      };
      const progress = { step: line, headline: line, detail: line, warn: line, line };
      await createDockerfileBuilder({ ...place, backend: "buildkit" }).build(request, progress, never);
      return /^#\d+ there: (.*)/m.exec(lines.join("\n"))?.[1] ?? "";
    }
    const [one, two] = [`one-${randomUUID()}`, `two-${randomUUID()}`];
    assert.equal(await seenBy(one, "a"), "a");
    assert.equal(await seenBy(two, "b"), "b");
    assert.equal(await seenBy(one, "c"), "a c");
  });

  test("a secret that is not there fails the step that wants it", async () => {
    const text = `${from}RUN --mount=type=secret,id=ABSENT,required=true true\n`;
    const request = {
      ...{ app: "absent", appId: "absent", buildId: "b1", source: sourceOf({ Dockerfile: text }), config: {} },
      settings: { dockerfilePath: "Dockerfile", dockerOptions: [] },
      limits,
    };
    const quiet = () => undefined;
    const progress = { step: quiet, headline: quiet, detail: quiet, warn: quiet, line: quiet };
    await assert.rejects(createDockerfileBuilder(place).build(request, progress, never), {
      code: "build-failed",
      message: /ABSENT/,
    });
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
