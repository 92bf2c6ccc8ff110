import { bestBackend } from "../../docker/build-backend.ts";
import type { DockerEngine, ImageBuild } from "../../docker/engine.ts";
import { parseBuildOptions } from "../../model/build-options.ts";
import { parseProcfile } from "../../model/procfile.ts";
import type { Progress } from "../../model/progress.ts";
import type { Builder, BuildRequest, BuildSettings, Image, Source } from "../builder.ts";
import { mirrorArguments, proxyEnvironment } from "../network/environment.ts";
import type { BuildNetwork } from "../network/network.ts";
import { buildOne, type ImageBuilding } from "./build-one.ts";

export interface DockerfileBuilderOptions {
  readonly engine: DockerEngine;
  readonly instance: string;
  /** Proxies are build args that need no ARG. */
  readonly buildNetwork?: BuildNetwork;
  /** Else what the engine has. */
  readonly backend?: ImageBuild["backend"];
}

/** A Dockerfile. The Procfile's process types, where there is one, stand in for its CMD. */
export function createDockerfileBuilder(options: DockerfileBuilderOptions): Builder {
  return {
    name: "dockerfile",
    detect: (source: Source, { dockerfilePath }: BuildSettings) => source.has(dockerfilePath),
    build: (request, progress, signal) => build(options, request, progress, signal),
  };
}

async function build(
  options: DockerfileBuilderOptions,
  request: BuildRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<Image> {
  const { source, settings } = request;
  // Before the build: a mistake in it should not cost that time.
  const procfile = await source.read("Procfile");
  const processTypes = procfile === undefined ? { web: "" } : parseProcfile(procfile);
  const building = await imageBuilding(options, request);
  const job = {
    request,
    source,
    dockerfile: settings.dockerfilePath,
    options: parseBuildOptions(settings.dockerOptions),
  };
  const { reference, port } = await buildOne(building, job, progress, signal);
  return { reference, processTypes, runtime: port === undefined ? {} : { port } };
}

/** With the backend that the app has chosen, else the best one. */
export async function imageBuilding(
  options: DockerfileBuilderOptions,
  { settings }: Pick<BuildRequest, "settings">,
): Promise<ImageBuilding> {
  const { engine, instance, buildNetwork } = options;
  const backend = options.backend ?? settings.backend ?? (await bestBackend(engine));
  const environment = buildNetwork === undefined ? {} : proxyEnvironment(buildNetwork);
  const declarable = buildNetwork === undefined ? {} : mirrorArguments(buildNetwork);
  return { engine, instance, environment, declarable, backend };
}
