import { parseYaml } from "../../lib/yaml.ts";
import type { ConfigVars, ProcessTypes } from "../../model/app.ts";
import { messageOf, UserError } from "../../model/errors.ts";
import { isProcessType } from "../../model/names.ts";

/** The parts of a heroku.yml that a build needs (Heroku, "Building Docker Images with heroku.yml"). */
export interface HerokuYml {
  readonly images: readonly HerokuImage[];
  /** Build args of all images. */
  readonly args: ConfigVars;
  /** Undefined where it has no `run`: then the Procfile counts. */
  readonly run: ProcessTypes | undefined;
  /** Its `release`, as a process type; none where it has none. */
  readonly release: ProcessTypes;
  /** Process type -> name of an image, for those that run another one's. */
  readonly imageOf: Readonly<Record<string, string>>;
}

export interface HerokuImage {
  readonly name: string;
  readonly dockerfile: string;
  readonly target: string | undefined;
}

/** Undefined for a file without `build.docker`: that is not for Dockerfiles. Throws `invalid-heroku-yml`. */
export function parseHerokuYml(text: string): HerokuYml | undefined {
  const file = record(read(text), "heroku.yml");
  const build = record(file.build, "build");
  const images = Object.entries(record(build.docker, "build.docker")).map(readImage);
  if (images.length === 0) return undefined;
  const args = Object.entries(record(build.config, "build.config")).map(([key, value]) => [key, scalar(value, key)]);
  const run: Record<string, string> = {};
  const imageOf: Record<string, string> = {};
  const commands = { ...record(file.run, "run"), ...(file.release === undefined ? {} : { release: file.release }) };
  for (const [type, value] of Object.entries(commands)) {
    if (!isProcessType(type)) throw invalid(`'${type}' cannot name a process type`);
    const { command, image } = typeof value === "string" ? { command: value } : record(value, type);
    run[type] = readCommand(command, type);
    if (image !== undefined) imageOf[type] = knownImage(image, type, images);
  }
  const { release, ...others } = run;
  return {
    images,
    args: Object.fromEntries(args),
    run: file.run === undefined ? undefined : others,
    release: release === undefined ? {} : { release },
    imageOf,
  };
}

function readImage([name, value]: [string, unknown]): HerokuImage {
  if (!isProcessType(name)) throw invalid(`'${name}' cannot name a process type`);
  const { dockerfile, target } = typeof value === "string" ? { dockerfile: value } : record(value, name);
  const path = scalar(dockerfile, `build.docker.${name}`).replace(/^\.\//, "");
  if (path.startsWith("/") || path.split("/").includes("..")) throw invalid(`'${path}' is not in the repository`);
  return { name, dockerfile: path, target: target === undefined ? undefined : scalar(target, `${name}.target`) };
}

/** Several commands run one after the other, as long as they succeed. */
function readCommand(command: unknown, type: string): string {
  if (!Array.isArray(command)) return scalar(command, `run.${type}`);
  return command.map((line) => scalar(line, `run.${type}`)).join(" && ");
}

function knownImage(image: unknown, type: string, images: readonly HerokuImage[]): string {
  const name = scalar(image, `${type}.image`);
  if (images.some((one) => one.name === name)) return name;
  throw invalid(`'${type}' wants the image '${name}', which build.docker does not make`);
}

function read(text: string): unknown {
  try {
    return parseYaml(text) ?? {};
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(`${what} must have keys and values`);
}

function scalar(value: unknown, what: string): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw invalid(`${what} must be a text`);
}

function invalid(reason: string): UserError {
  return new UserError("invalid-heroku-yml", `heroku.yml cannot be used: ${reason}`, {
    hint: "For example: 'build: {docker: {web: Dockerfile}}'",
  });
}
