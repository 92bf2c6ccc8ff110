import { BuildError } from "../../docker/build-image.ts";
import { commonLabels } from "../../docker/container-options.ts";
import type { DockerEngine, ImageBuild } from "../../docker/engine.ts";
import { EngineError } from "../../docker/errors.ts";
import { imageName } from "../../docker/image-name.ts";
import { labels } from "../../docker/labels.ts";
import type { ConfigVars } from "../../model/app.ts";
import type { BuildOptions } from "../../model/build-options.ts";
import type { Progress } from "../../model/progress.ts";
import type { BuildRequest, Source } from "../builder.ts";
import { openContext } from "./context.ts";
import { type Dockerfile, parseDockerfile, withoutSyntax } from "./dockerfile.ts";
import { asUserError, dockerfileMissing } from "./failure.ts";

/** What all image builds of one Berth have in common. */
export interface ImageBuilding {
  readonly engine: DockerEngine;
  readonly instance: string;
  /** Further build args that need no ARG, e.g. for a proxy. */
  readonly environment: ConfigVars;
  /** What an ARG of that name gets where the app has no config var: mirrors. */
  readonly declarable: ConfigVars;
  readonly backend: ImageBuild["backend"];
}

/** One image of an app. */
export interface ImageJob {
  readonly request: Pick<BuildRequest, "app" | "appId" | "buildId" | "config" | "limits">;
  /** The context. */
  readonly source: Source;
  /** Path in the context. */
  readonly dockerfile: string;
  readonly options: BuildOptions;
  /** Names the image among several of one build. */
  readonly part?: string;
}

export interface BuiltImage {
  readonly reference: string;
  readonly port: number | undefined;
}

/** Throws `build-failed`, `dockerfile-missing`, and the signal's reason; nothing is left then. */
export async function buildOne(
  building: ImageBuilding,
  job: ImageJob,
  progress: Progress,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const text = await job.source.read(job.dockerfile);
  if (text === undefined) throw dockerfileMissing(job.dockerfile);
  const dockerfile = parseDockerfile(text);
  const reference = referenceOf(building, job);
  try {
    await buildOrRetry(building, { ...job, text, parsed: dockerfile, reference }, progress, signal);
    const exposed = (await building.engine.images.inspect(reference))?.exposed ?? [];
    signal.throwIfAborted();
    return { reference, port: webPort(dockerfile.exposed(job.options.target), exposed) };
  } catch (error) {
    // A build that was cancelled in its last moment may have its image.
    await building.engine.images.remove(reference).catch(() => undefined);
    signal.throwIfAborted();
    throw asUserError(error, job.dockerfile);
  }
}

function referenceOf({ instance }: ImageBuilding, { request, part }: ImageJob): string {
  const { repository, tag } = imageName({ ...request, instance });
  return `${repository}:${tag}${part === undefined ? "" : `-${part}`}`;
}

interface Attempt extends ImageJob {
  readonly text: string;
  readonly parsed: Dockerfile;
  readonly reference: string;
}

/** Closed networks have no docker/dockerfile image, and most files that name it need nothing that the engine has not. */
async function buildOrRetry(
  building: ImageBuilding,
  attempt: Attempt,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { syntax } = attempt.parsed;
  try {
    await build(building, attempt, progress, signal);
  } catch (error) {
    const isOfficial = syntax !== undefined && /^(docker\.io\/)?docker\/dockerfile(:|@|$)/.test(syntax);
    if (signal.aborted || !isOfficial || !isUnfetched(error)) throw error;
    progress.warn(`The image ${syntax} that the Dockerfile names as its syntax cannot be fetched`);
    progress.warn("Building with the engine's own syntax instead");
    await build(building, { ...attempt, text: withoutSyntax(attempt.text) }, progress, signal);
  }
}

function isUnfetched(error: unknown): boolean {
  if (!(error instanceof BuildError || error instanceof EngineError)) return false;
  // `docker/dockerfile:1`, or its address at the registry.
  return (
    /docker\/dockerfile[:@/]/.test(error.message) && !/executor failed running|did not complete/.test(error.message)
  );
}

async function build(
  { engine, instance, environment, declarable, backend }: ImageBuilding,
  { request, source, dockerfile, options, text, parsed, reference }: Attempt,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { config, app, buildId } = request;
  const { target, platform, noCache, pull } = options;
  const context = await openContext(source, dockerfile, text);
  await engine.images.build(
    {
      backend,
      context,
      dockerfile,
      tag: reference,
      labels: {
        ...commonLabels({ instance }, "image", app),
        [labels.appId]: request.appId,
        [labels.build]: buildId,
        [labels.commit]: source.commit,
        [labels.builder]: "dockerfile",
      },
      buildArgs: {
        ...environment,
        ...buildArgs(parsed, options, { config: { ...declarable, ...config }, commit: source.commit }),
        // Else one app could fill the cache that another one's RUN --mount=type=cache reads: BuildKit has them for all.
        ...(backend === "buildkit" && { BUILDKIT_CACHE_MOUNT_NS: request.appId }),
      },
      target,
      platform,
      noCache,
      pull,
      limits: request.limits,
      secret: (id) => config[options.secrets.get(id) ?? id],
      onLine: (line) => progress.line(line),
    },
    signal,
  );
}

/** Config vars that an ARG asks for, and what the user has given. */
export function buildArgs(
  { args }: Pick<Dockerfile, "args">,
  options: BuildOptions,
  { config, commit }: { config: ConfigVars; commit: string },
): ConfigVars {
  const known: ConfigVars = { GIT_REV: commit, SOURCE_VERSION: commit, ...config };
  const declared = Object.entries(known).filter(([name]) => args.has(name));
  const given = [...options.args].flatMap(([name, value]) => {
    const found = value ?? config[name];
    return found === undefined ? [] : [[name, found] as const];
  });
  return Object.fromEntries([...declared, ...given]);
}

/** `declared` has the order, `exposed` what is true: also that of base images. */
export function webPort(declared: readonly number[], exposed: readonly string[]): number | undefined {
  const open = exposed.flatMap((text) => (text.endsWith("/udp") ? [] : Number.parseInt(text, 10)));
  return declared.find((port) => open.includes(port)) ?? open.sort((a, b) => a - b)[0];
}
