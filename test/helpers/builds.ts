import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type CleanUp, type Result, run, runOk } from "./berth.ts";
import { buildImage, requireImages, runImage } from "./images.ts";

const fixtures = join(import.meta.dirname, "../fixtures/apps");
// As the builder confines a build (issue: unprivileged, no new privileges).
const confined = ["--user", "32767:32767", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--init"];

export interface BuildOptions {
  /** Variables of the container itself. */
  readonly env?: Record<string, string>;
  /** Config vars: files of ENV_DIR. */
  readonly config?: Record<string, string>;
  readonly network?: string;
  /** Leaves everything in the app, as for a caller that keeps no base images. */
  readonly whole?: boolean;
}

export interface Built extends Result {
  /** The app's image, where the build succeeded. */
  readonly image: string;
  /** Value of a line of the result, decoded where it is base64. */
  result(key: "buildpack" | "procfile" | "release" | "base"): string | undefined;
  /** Names of the files below a folder of the container, as the build left it. */
  files(folder: string): Promise<string[]>;
}

/** Builds apps with `/build -` and one cache, and runs them: the two images without a daemon. */
export class Workbench {
  readonly name = `berth-test-${randomUUID().slice(0, 8)}`;
  /** Key of the last base and its image. */
  #base: { key: string; image: string } = { key: "", image: "" };
  readonly #undo: (() => Promise<unknown>)[] = [];

  constructor(cleanUp: CleanUp) {
    requireImages();
    this.#undo.push(() => runOk("docker", ["volume", "rm", "-f", this.name]));
    // Backwards: an image goes after its containers, the cache after its last build.
    cleanUp.after(async () => {
      for (const undo of this.#undo.reverse()) await undo();
    });
  }

  /** Builds a sample app (or what lies in a folder, by its absolute path), or one made of these files. */
  async build(app: string | Record<string, string>, options: BuildOptions = {}): Promise<Built> {
    return this.buildFolder(typeof app === "string" ? resolve(fixtures, app) : await this.folderOf(app), options);
  }

  async buildFolder(folder: string, options: BuildOptions = {}): Promise<Built> {
    const env = { ...(options.whole ? {} : { BERTH_BASE: this.#base.key }), ...options.env };
    const container = await this.#createBuild({ ...options, env });
    const result = await feed(folder, ["start", "-a", "-i", container]);
    const image = result.code === 0 ? await this.#commit(container, value(result.stderr, "base")) : "";
    return { ...result, image, result: (key) => value(result.stderr, key), files: (path) => list(container, path) };
  }

  /** A folder with these files, gone after the test. */
  async folderOf(files: Record<string, string>): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "berth-app-"));
    this.#undo.push(() => rm(folder, { recursive: true }));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    return folder;
  }

  /** Starts a process type and gives its address once it answers; dead dynos and silent ones fail with their log. */
  async serve(image: string, type = "web"): Promise<{ container: string; url: string }> {
    const container = await this.start(image, type);
    const address = await runOk("docker", ["inspect", "-f", "{{.NetworkSettings.IPAddress}}", container]);
    const url = `http://${address.trim()}:5000`;
    const deadline = Date.now() + 20_000;
    for (;;) {
      const answers = await fetch(url).then(
        (response) => response.arrayBuffer().then(() => true),
        () => false,
      );
      if (answers) return { container, url };
      const running = await run("docker", ["inspect", "-f", "{{.State.Running}}", container]);
      if (running.stdout.trim() !== "true" || Date.now() > deadline) {
        const logs = await run("docker", ["logs", container]);
        assert.fail(`${type} of ${image} does not answer:\n${logs.stdout}${logs.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Starts a process type in the background. */
  async start(image: string, type: string): Promise<string> {
    return this.#removed(await runOk("docker", ["run", "-d", ...confined, image, "/start", type]));
  }

  /** Runs a command in the image to its end. */
  async command(image: string, ...command: string[]): Promise<Result> {
    return run("docker", ["run", "--rm", ...confined, image, ...command]);
  }

  /** As herokuish is used by hand: the source into /app, `/build` without a dash, and the container becomes the image. */
  async buildInApp(files: Record<string, string>): Promise<Result & { image: string }> {
    const script = "mkdir -p /app && tar -xC /app && /build";
    const container = this.#removed(await runOk("docker", ["create", "-i", buildImage, "bash", "-c", script]));
    const result = await feed(await this.folderOf(files), ["start", "-a", "-i", container]);
    return { ...result, image: await this.#image(container) };
  }

  async #createBuild({ env = {}, config = {}, network = "bridge" }: BuildOptions): Promise<string> {
    const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const args = ["create", "-i", ...confined, "--network", network, "-v", `${this.name}:/tmp/cache`, ...variables];
    const container = this.#removed(await runOk("docker", [...args, buildImage, "/build", "-"]));
    const folder = await this.folderOf(config);
    await runOk("docker", ["cp", `${folder}/.`, `${container}:/tmp/env`]);
    return container;
  }

  /** The image of a built app, and before it the image of its base where that is a new one. */
  async #commit(build: string, key: string | undefined): Promise<string> {
    if (key === undefined) return this.#copied(build, "/tmp/build/app", runImage);
    if (key !== this.#base.key) this.#base = { key, image: await this.#copied(build, "/tmp/build/base/app", runImage) };
    return this.#copied(build, "/tmp/build/app", this.#base.image);
  }

  /** An image with a folder of the build's container on top of another image. */
  async #copied(build: string, folder: string, image: string): Promise<string> {
    const slug = this.#removed(await runOk("docker", ["create", image, "true"]));
    await runOk("sh", ["-c", 'docker cp "$1:$2" - | docker cp - "$3:/"', "sh", build, folder, slug]);
    return this.#image(slug);
  }

  async #image(container: string): Promise<string> {
    const image = (await runOk("docker", ["commit", container])).trim();
    this.#undo.push(() => runOk("docker", ["rmi", "-f", image]));
    return image;
  }

  #removed(printed: string): string {
    const container = printed.trim();
    this.#undo.push(() => runOk("docker", ["rm", "-f", "-v", container]));
    return container;
  }
}

/** Gives a folder as a tar to the standard input of a docker command. */
async function feed(folder: string, args: readonly string[]): Promise<Result> {
  const tar = spawn("tar", ["-C", folder, "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
  const docker = spawn("docker", [...args], { stdio: ["pipe", "pipe", "pipe"] });
  docker.stdin.on("error", () => undefined);
  tar.stdout.pipe(docker.stdin);
  const printed = { stdout: "", stderr: "" };
  docker.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed.stdout += text;
  });
  docker.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed.stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    docker.once("error", reject);
    docker.once("close", resolve);
  });
  return { code, ...printed };
}

function value(result: string, key: string): string | undefined {
  const [, text] = new RegExp(`^${key}: (.*)$`, "m").exec(result) ?? [];
  if (text === undefined || key === "buildpack" || key === "base") return text;
  return Buffer.from(text, "base64").toString("utf8");
}

/** Names below a folder of a stopped container; none where there is no such folder. */
async function list(container: string, folder: string): Promise<string[]> {
  const script = 'docker cp "$1:$2" - | tar -t';
  const { code, stdout } = await run("bash", ["-o", "pipefail", "-c", script, "bash", container, folder]);
  return code === 0 ? stdout.split("\n").filter(Boolean) : [];
}
