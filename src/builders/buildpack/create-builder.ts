import { dynoUser } from "../../docker/container-options.ts";
import type { DockerEngine } from "../../docker/engine.ts";
import type { BerthNetwork } from "../../docker/network.ts";
import type { Logger } from "../../lib/logger.ts";
import { Stopwatch } from "../../lib/stopwatch.ts";
import { makeTar, type TarEntry } from "../../lib/tar.ts";
import type { ConfigVars } from "../../model/app.ts";
import { messageOf, UserError } from "../../model/errors.ts";
import type { Progress } from "../../model/progress.ts";
import type { Builder, BuildRequest, Image } from "../builder.ts";
import type { BuildpackLibrary } from "../buildpack-library.ts";
import { networkFiles } from "../network/container-input.ts";
import { type BuildNetwork, directNetwork } from "../network/network.ts";
import { type Base, findBase, makeAppImage } from "./app-image.ts";
import { type ChoiceSettings, chooseBuildpacks } from "./choose.ts";
import { type BuildPlan, type BuildSettings, buildOptions, containerName } from "./options.ts";
import { gatherBuildpacks, type Placement } from "./place-buildpacks.ts";
import { parseResult } from "./result.ts";
import { runBuild } from "./run-build.ts";

export interface BuildpackBuilderOptions {
  readonly engine: DockerEngine;
  readonly instance: string;
  readonly network: Pick<BerthNetwork, "name">;
  readonly logger: Logger;
  readonly runImage: string;
  readonly buildImage: string;
  readonly buildNetwork?: BuildNetwork;
  readonly pidsLimit?: number;
  /** Other people's buildpacks; without it there are only ours. */
  readonly library?: BuildpackLibrary;
  readonly buildpackChoice?: ChoiceSettings;
}

const ownOnly: ChoiceSettings = { official: "https://github.com/heroku/heroku-buildpack-NAME.git", detection: "own" };

export interface BuildpackBuilder extends Builder {
  /** Resolves once the containers of builds that have ended are removed: that goes on behind a push's back. */
  settled(): Promise<void>;
}

/** Heroku buildpacks, in a container of the build image. The buildpacks themselves decide whether they fit. */
export function createBuildpackBuilder(options: BuildpackBuilderOptions): BuildpackBuilder {
  const { buildNetwork = directNetwork, pidsLimit = 4096 } = options;
  return new Buildpacks(options, { ...options, buildNetwork, pidsLimit });
}

class Buildpacks implements BuildpackBuilder {
  readonly name = "buildpack";
  readonly aliases = ["herokuish"];
  readonly #options: BuildpackBuilderOptions;
  readonly #settings: BuildSettings;
  readonly #removals = new Set<Promise<void>>();

  constructor(options: BuildpackBuilderOptions, settings: BuildSettings) {
    this.#options = options;
    this.#settings = settings;
  }

  async detect(): Promise<boolean> {
    return true;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#removals);
  }

  async build(request: BuildRequest, progress: Progress, signal: AbortSignal): Promise<Image> {
    signal.throwIfAborted();
    const { engine } = this.#options;
    const plan = this.#plan(request);
    let container: string | undefined;
    let placement: Placement | undefined;
    try {
      placement = await this.#placement(request, progress, signal);
      const watch = new Stopwatch();
      const base = await findBase(engine, plan, this.#options.runImage);
      const options = buildOptions(plan, this.#settings, { baseKey: base.key, stack: request.stack });
      container = await engine.containers.create(containerName(plan, "build"), options);
      await placement?.into(engine, container, signal);
      watch.lap("create");
      const image = await this.#finish(plan, request, { container, base, watch }, progress, signal);
      void this.#discard(container);
      return image;
    } catch (error) {
      if (container !== undefined) await this.#discard(container);
      signal.throwIfAborted();
      throw asUserError(error);
    } finally {
      await placement?.release();
    }
  }

  /** Undefined where the build image's own buildpacks are to be asked. */
  async #placement(request: BuildRequest, progress: Progress, signal: AbortSignal): Promise<Placement | undefined> {
    const { library, buildpackChoice = ownOnly } = this.#options;
    const choice = await chooseBuildpacks(request, buildpackChoice);
    return choice && gatherBuildpacks(choice, library, progress, signal);
  }

  async #finish(
    plan: BuildPlan,
    request: BuildRequest,
    made: { container: string; base: Base; watch: Stopwatch },
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Image> {
    const { engine, logger, runImage } = this.#options;
    const { container, base: known, watch } = made;
    const files = [...envFiles(request.config), ...(await networkFiles(this.#settings.buildNetwork, dynoUser))];
    const input = { ...request, files: files.length === 0 ? undefined : makeTar(files), watch };
    const output = await runBuild(engine, container, input, progress, signal);
    const { processTypes, buildpack, base: wanted } = parseResult(output);
    signal.throwIfAborted();
    const reference = await makeAppImage(engine, plan, { container, runImage, known, wanted }, signal);
    watch.lap("image");
    if (signal.aborted) await engine.images.remove(reference);
    signal.throwIfAborted();
    logger.debug({ app: plan.app, build: plan.buildId, buildpack, milliseconds: watch.laps }, "built");
    return { reference, processTypes };
  }

  #plan({ app, appId, buildId, source, limits }: BuildRequest): BuildPlan {
    const { engine, instance, network } = this.#options;
    const place = { instance, session: engine.session, network: network.name };
    return { ...place, app, appId, buildId, commit: source.commit, limits };
  }

  #discard(container: string): Promise<void> {
    const { engine, logger } = this.#options;
    const removal = engine.containers
      .remove(container)
      .catch((error: unknown) =>
        logger.warn({ reason: messageOf(error), container }, "cannot remove a build container"),
      )
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
    return removal;
  }
}

// The longest name that a file can have.
const nameLimit = 255;

/** ENV_DIR: a file for each config var (Buildpack API). */
function envFiles(config: ConfigVars): TarEntry[] {
  const owner = { uid: dynoUser, gid: dynoUser };
  const files = Object.entries(config)
    .filter(([key]) => key.length <= nameLimit)
    .map(([key, content]) => ({ name: `tmp/env/${key}`, content, mode: 0o600, ...owner }));
  return files.length === 0 ? [] : [{ name: "tmp/env/", mode: 0o700, ...owner }, ...files];
}

function asUserError(error: unknown): unknown {
  const [, image] = /no such image: (\S+)/i.exec(messageOf(error)) ?? [];
  if (image === undefined) return error;
  return new UserError("build-image-missing", `The image ${image} that builds need is not on the Docker engine`, {
    hint: "Make it again with scripts/images.sh",
    cause: error,
  });
}
