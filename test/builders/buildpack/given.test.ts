import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { after, before, suite, test } from "node:test";
import type { BuildRequest, Image } from "../../../src/builders/builder.ts";
import { type BuildpackBuilder, createBuildpackBuilder } from "../../../src/builders/buildpack/create-builder.ts";
import { directNetwork } from "../../../src/builders/network/network.ts";
import { createBuildpackLibrary } from "../../../src/git/buildpacks/library.ts";
import { makeTar } from "../../../src/lib/tar.ts";
import { runOk } from "../../helpers/berth.ts";
import { type DockerPlace, dockerPlace, rawDocker } from "../../helpers/docker.ts";
import { buildImage, requireImages, runImage } from "../../helpers/images.ts";
import { never } from "../../schedulers/contract.ts";

const settings = { dockerfilePath: "Dockerfile", dockerOptions: [] };
const limits = { cpus: 1, memoryBytes: 2 ** 30 };

suite("Builds with other people's buildpacks", { concurrency: 2 }, () => {
  let place: DockerPlace;
  let builder: BuildpackBuilder;
  let official: BuildpackBuilder;
  let folder: string;
  before(async () => {
    requireImages();
    place = await dockerPlace();
    folder = await mkdtemp(join(tmpdir(), "berth-given-"));
    const library = createBuildpackLibrary({ folder: join(folder, "kept"), caFile: undefined });
    const address = join(folder, "heroku-buildpack-NAME");
    const make = (detection: "own" | "official") =>
      createBuildpackBuilder({
        ...{ ...place, runImage, buildImage, library },
        buildpackChoice: { official: address, detection },
      });
    builder = make("own");
    official = make("official");
  });
  after(async () => {
    await Promise.all([builder.settled(), official.settled()]);
    await place.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** A buildpack in a folder of the host, made of the bodies of its programs. */
  async function pack(name: string, programs: Record<string, string>): Promise<string> {
    const all = { "bin/detect": `echo ${name}`, ...programs };
    for (const [file, body] of Object.entries(all)) {
      const path = join(folder, name, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `#!/bin/bash\n${body}\n`);
      await chmod(path, 0o755);
    }
    return join(folder, name);
  }

  // The names of containers are the engine's, which other test files use at the same time.
  const run = randomUUID();
  let builds = 0;
  async function build(
    files: Record<string, string>,
    more: Partial<BuildRequest> & { listed?: string[] } = {},
    by: BuildpackBuilder = builder,
  ): Promise<{ image: Image; text: string }> {
    const id = ++builds;
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const progress = { step: say, headline: say, detail: say, warn: say, line: say };
    const entries = Object.entries(files).map(([name, content]) => ({ name, content, mode: 0o755, uid: 0, gid: 0 }));
    const source = {
      commit: "c".repeat(40),
      has: async (path: string) => Object.hasOwn(files, path),
      read: async (path: string) => files[path],
      tar: async () => Readable.from([makeTar(entries)]),
    };
    const { listed = [], ...rest } = more;
    const request = {
      app: `app-${id}`,
      appId: `id-${id}`,
      buildId: `build-${id}-${run}`,
      source,
      config: {},
      settings,
      limits,
      ...rest,
    };
    try {
      const image = await by.build({ ...request, buildpacks: { listed, manifest: [] } }, progress, never);
      return { image, text: lines.join("\n") };
    } catch (error) {
      throw Object.assign(error as Error, { output: lines.join("\n") });
    }
  }

  test("several run in order, know what the ones before exported, and the last one that names process types has the word", async () => {
    const first = await pack("first", {
      "bin/compile": [
        'echo "$# $1 $(ls "$3")" > "$1/first"',
        'echo "export TOOL=\\"a b\\" PATH=/opt/tool:\\$PATH; PRIVATE=1; step() { echo mine; }" > "$(dirname "$0")/../export"',
        'echo "export FROM_PROFILE=yes" > "$1/profile.sh"; mkdir -p "$1/.profile.d"; mv "$1/profile.sh" "$1/.profile.d"',
      ].join("\n"),
      "bin/release": "printf -- '---\\ndefault_process_types:\\n  web: first\\n  clock: first\\n'",
    });
    const second = await pack("second", {
      "bin/compile": [
        'echo "TOOL=$TOOL PRIVATE=$PRIVATE $(echo $PATH | cut -d: -f1) $SECRET $STACK"',
        'cat "$1/first"; cat "$3/SECRET"',
      ].join("\n"),
      "bin/release": "printf -- '---\\ndefault_process_types:\\n  web: second\\n  worker: second\\n'",
    });
    const third = await pack("third", { "bin/compile": 'echo "still $TOOL"', "bin/release": "echo '--- {}'" });
    const { image, text } = await build(
      { Procfile: "worker: mine\n" },
      { listed: [first, second, third], config: { SECRET: "s3" }, stack: "heroku-99" },
    );
    assert.deepEqual(image.processTypes, { worker: "mine", web: "second" });
    assert.match(text, /^TOOL=a b PRIVATE= \/opt\/tool {2}heroku-99$/m);
    assert.match(text, /^3 \/tmp\/build\/app SECRET$/m);
    assert.match(text, /^s3-?/m);
    assert.match(text, /^still a b$/m);
    assert.match(text, /first app detected[\s\S]*second app detected[\s\S]*third app detected/);
    assert.match(text, /^ {7}Default types for second -> web$/m);
  });

  test("the exit code of the script that fails is shown, be it detect, compile or release", async () => {
    const failing = async (programs: Record<string, string>) =>
      (await build({}, { listed: [await pack(`failing-${++builds}`, programs)] }).catch((error: unknown) => error)) as {
        code: string;
        message: string;
        output: string;
      };
    const detect = await failing({ "bin/detect": "echo wants more >&2; exit 3", "bin/compile": "true" });
    assert.match(detect.message, /exit code 1$/);
    assert.match(detect.output, /^wants more\n ! {5}The app does not fit buildpack failing-\d+: .* exit code 3$/m);
    const compile = await failing({ "bin/compile": "exit 41" });
    assert.deepEqual([compile.code, compile.message], ["build-failed", "Build failed with exit code 41"]);
    assert.match(compile.output, /^ ! {5}Buildpack failing-\d+ failed with exit code 41$/m);
    const release = await failing({ "bin/compile": "true", "bin/release": "exit 42" });
    assert.match(release.output, /bin\/release failed with exit code 42$/m);
  });

  test("an export that breaks off, and one that is nonsense, stop nothing", async () => {
    const odd = await pack("odd", { "bin/compile": 'echo "exit 7" > "$(dirname "$0")/../export"' });
    const odder = await pack("odder", { "bin/compile": 'echo "if then ((" > "$(dirname "$0")/../export"' });
    const { text } = await build({ Procfile: "web: x\n" }, { listed: [odd, odder, "null"] });
    assert.match(text, /null app detected/);
  });

  test("a folder of the app is a buildpack, and only one inside it", async () => {
    const files = {
      ".buildpacks": "./packs/mine\n",
      "packs/mine/bin/detect": "#!/bin/sh\necho Mine\n",
      "packs/mine/bin/compile": '#!/bin/sh\necho "compiled by the app"\n',
      Procfile: "web: x\n",
    };
    assert.match((await build(files)).text, /Mine app detected\ncompiled by the app$/m);
    await assert.rejects(build({ ".buildpacks": "./elsewhere\n" }), {
      output: / ! {5}The app has no folder elsewhere for the buildpack elsewhere$/m,
    });
  });

  test("what is no buildpack is said to be none, and ours are named", async () => {
    await assert.rejects(build({}, { listed: ["nodsj"] }), {
      output: /There is no buildpack nodsj\. Ours are: .*nodejs/,
    });
    const file = join(folder, "text.tar");
    await writeFile(file, "no tar");
    await assert.rejects(build({}, { listed: [file] }), { output: /Buildpack text is no archive/ });
  });

  test("an archive may have one folder around everything, as code hosts pack it", async () => {
    const path = await pack("packed", { "bin/compile": "echo unwrapped" });
    await runOk("tar", ["-czf", join(folder, "packed.tgz"), "-C", folder, "packed"]);
    const { text } = await build({ Procfile: "web: x\n" }, { listed: [join(folder, "packed.tgz")] });
    assert.match(text, /unwrapped/);
    assert.ok(path);
  });

  test("a buildpack can change neither ours nor the next one's, and finds no engine", async () => {
    const probe = [
      "touch /build /buildpacks/null/bin/x /buildpacks/given/plan /buildpacks/given/2.archive 2>&1 | grep -c denied",
      "ls -l /var/run/docker.sock /run/docker.sock 2>/dev/null; id -u; env | grep -c ^BERTH_BASE",
      "curl -s -m 2 --noproxy '*' http://$(ip route 2>/dev/null | awk '/default/ {print $3}'):2375/version || echo none",
    ].join("\n");
    const nosy = await pack("nosy", { "bin/compile": probe });
    const next = await pack("next", { "bin/compile": "true" });
    const { text } = await build({ Procfile: "web: x\n" }, { listed: [nosy, next] });
    assert.match(text, /nosy app detected\n4\n32767\n0\nnone\n/);
  });

  test("the host's mirrors are where each tool looks, and an app's own settings win over them", async () => {
    const address = "https://mirror.test/x/";
    const mirrored = createBuildpackBuilder({
      ...{ ...place, runImage, buildImage, library: createBuildpackLibrary({ folder, caFile: undefined }) },
      buildNetwork: {
        ...directNetwork,
        npmRegistry: address,
        cratesIndex: address,
        rubygemsMirror: address,
        mavenMirror: address,
        aptMirror: "http://apt.test/a&b",
        goProxy: "off",
        gitMirrors: [{ from: "https://github.com/", to: "https://git.test/" }],
        httpProxy: "http://proxy.test:3128",
      },
    });
    const probe = [
      "cat /etc/npmrc ~/.npmrc /.cargo/config.toml ~/.m2/settings.xml | grep -c mirror.test",
      "git ls-remote https://github.com/a/b 2>&1 | grep -o 'git.test\\|proxy.test' | head -n 1",
      "cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null | grep -o 'https\\?://[^/ ]*/a&b/' | sort -u",
      "touch ~/.m2/writable && echo $GOPROXY $http_proxy $HTTP_PROXY",
    ].join("\n");
    const probing = await pack("probing", { "bin/compile": probe });
    const { text, image } = await build({ Procfile: "web: x\n" }, { listed: [probing] }, mirrored);
    assert.match(
      text,
      /\n4\ngit\.test\nhttp:\/\/apt\.test\/a&b\/\noff http:\/\/proxy\.test:3128 http:\/\/proxy\.test:3128\n/,
    );
    const { Config } = await rawDocker().getImage(image.reference).inspect();
    assert.doesNotMatch(Config.Env?.join("\n") ?? "", /test/, "the image has none of it");
    await mirrored.settled();
  });

  test("heroku/NAME is found where the host says, and with detection the first that fits builds", async () => {
    await pack("heroku-buildpack-python", {
      "bin/detect": "[ -f $1/is-python ] && echo Python",
      "bin/compile": "echo official",
    });
    for (const name of ["ruby", "nodejs", "clojure", "java", "gradle", "scala", "php", "go"]) {
      await pack(`heroku-buildpack-${name}`, { "bin/detect": "exit 1", "bin/compile": "false" });
    }
    const named = await build({ ".buildpacks": "heroku/python\n", "is-python": "", Procfile: "web: x\n" });
    assert.match(named.text, /Python app detected\nofficial/);
    const detected = await build({ "is-python": "", Procfile: "web: x\n" }, {}, official);
    assert.match(detected.text, /Python app detected\nofficial/);
    assert.match((await build({ Procfile: "web: x\n" }, {}, official)).text, /null app detected/);
    await assert.rejects(build({}, {}, official), {
      output: /No buildpack fits this app\. Tried: ruby, nodejs, .*null$/m,
    });
  });
});
