import { posix } from "node:path";
import type { ProcessTypes } from "../../model/app.ts";
import { parseBuildOptions } from "../../model/build-options.ts";
import { UserError } from "../../model/errors.ts";
import { parseProcfile } from "../../model/procfile.ts";
import type { Progress } from "../../model/progress.ts";
import type { Service } from "../../model/runtime.ts";
import type { Builder, BuildRequest, Image } from "../builder.ts";
import { subfolder } from "../subfolder.ts";
import { type BuiltImage, buildOne } from "./build-one.ts";
import { type DockerfileBuilderOptions, imageBuilding } from "./create-builder.ts";
import { type HerokuYml, parseHerokuYml } from "./heroku-yml.ts";

const path = "heroku.yml";

/** An app with a heroku.yml: one image or several, each of a Dockerfile whose folder is its context. */
export function createHerokuBuilder(options: DockerfileBuilderOptions): Builder {
  return {
    name: "heroku.yml",
    detect: async (source) => {
      const text = await source.read(path);
      return text !== undefined && parseHerokuYml(text) !== undefined;
    },
    build: (request, progress, signal) => build(options, request, progress, signal),
  };
}

async function build(
  options: DockerfileBuilderOptions,
  request: BuildRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<Image> {
  const file = parseHerokuYml((await request.source.read(path)) ?? "");
  if (file === undefined) {
    throw new UserError("invalid-heroku-yml", "There is no heroku.yml that names a Dockerfile under build.docker");
  }
  const processTypes = await readProcessTypes(file, request);
  const built = await buildAll(options, { file, request }, progress, signal);
  const images = new Map(file.images.map(({ name }, index) => [name, built[index]]));
  const main = images.get("web") ?? built[0];
  if (main === undefined) throw new Error("heroku.yml made no image");
  const services: Record<string, Service> = {};
  for (const type of Object.keys(processTypes)) {
    const own = images.get(file.imageOf[type] ?? type);
    if (own !== undefined && own !== main) services[type] = service(own);
  }
  const port = main.port === undefined ? {} : { port: main.port };
  return { reference: main.reference, processTypes, runtime: { ...port, services } };
}

function service({ reference, port }: BuiltImage): Service {
  return { image: reference, ...(port !== undefined && { port }) };
}

/** What `run` says, else the Procfile, else each image's own CMD. A type of its own image needs no line. */
async function readProcessTypes({ run, images, release }: HerokuYml, { source }: BuildRequest): Promise<ProcessTypes> {
  const own = Object.fromEntries(images.map(({ name }) => [name, ""]));
  if (run !== undefined) return { ...own, ...run, ...release };
  const procfile = await source.read("Procfile");
  return { ...(procfile === undefined ? own : parseProcfile(procfile)), ...release };
}

async function buildAll(
  options: DockerfileBuilderOptions,
  { file, request }: { file: HerokuYml; request: BuildRequest },
  progress: Progress,
  signal: AbortSignal,
): Promise<BuiltImage[]> {
  const building = await imageBuilding(options, request);
  const given = parseBuildOptions(request.settings.dockerOptions);
  const built: BuiltImage[] = [];
  try {
    for (const { name, dockerfile, target } of file.images) {
      progress.step(`Building ${name} (${dockerfile})`);
      const job = {
        request,
        source: subfolder(request.source, posix.dirname(dockerfile)),
        dockerfile: posix.basename(dockerfile),
        options: {
          ...given,
          target: target ?? given.target,
          args: new Map([...Object.entries(file.args), ...given.args]),
        },
        part: name,
      };
      built.push(await buildOne(building, job, progress, signal));
    }
    return built;
  } catch (error) {
    for (const { reference } of built) await options.engine.images.remove(reference).catch(() => undefined);
    throw error;
  }
}
