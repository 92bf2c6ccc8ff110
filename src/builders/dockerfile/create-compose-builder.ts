import { Readable } from "node:stream";
import { makeTar } from "../../lib/tar.ts";
import type { ProcessTypes } from "../../model/app.ts";
import { parseBuildOptions } from "../../model/build-options.ts";
import { UserError } from "../../model/errors.ts";
import type { Progress } from "../../model/progress.ts";
import type { Service } from "../../model/runtime.ts";
import type { Builder, BuildRequest, Image, Source } from "../builder.ts";
import { subfolder } from "../subfolder.ts";
import { type BuiltImage, buildOne, type ImageBuilding } from "./build-one.ts";
import { type ComposeService, parseCompose, unhonouredInCompose } from "./compose-file.ts";
import { type DockerfileBuilderOptions, imageBuilding } from "./create-builder.ts";

const paths = ["compose.yml", "compose.yaml", "docker-compose.yml", "docker-compose.yaml", "fig.yml"];

/** A compose file: each service is a process type with an image of its own. Only for apps that select it. */
export function createComposeBuilder(options: DockerfileBuilderOptions): Builder {
  return {
    name: "compose",
    detect: async () => false,
    build: (request, progress, signal) => build(options, request, progress, signal),
  };
}

async function build(
  options: DockerfileBuilderOptions,
  request: BuildRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<Image> {
  const { path, text } = await readFile(request.source);
  for (const sentence of unhonouredInCompose(text, path)) progress.warn(sentence);
  const services = parseCompose(text, request.config);
  const web = webService(services);
  const building = await imageBuilding(options, request);
  const built: [ComposeService, BuiltImage][] = [];
  try {
    for (const service of services) {
      progress.step(`Building ${service.name}${service.image === undefined ? "" : ` (${service.image})`}`);
      built.push([service, await buildService(building, { service, request }, progress, signal)]);
    }
  } catch (error) {
    for (const [, { reference }] of built) await options.engine.images.remove(reference).catch(() => undefined);
    throw error;
  }
  const typeOf = (name: string): string => (name === web?.name ? "web" : name);
  const runtime: Record<string, Service> = {};
  const processTypes: Record<string, string> = {};
  for (const [service, image] of built) {
    processTypes[typeOf(service.name)] = service.runs.command?.join(" ") ?? "";
    runtime[typeOf(service.name)] = toService(service, image, typeOf);
  }
  const main = built.find(([service]) => service === web) ?? built[0];
  if (main === undefined) throw new Error("a compose file made no image");
  return { reference: main[1].reference, processTypes: processTypes as ProcessTypes, runtime: { services: runtime } };
}

async function readFile(source: Source): Promise<{ path: string; text: string }> {
  for (const path of paths) {
    const text = await source.read(path);
    if (text !== undefined) return { path, text };
  }
  throw new UserError("invalid-compose", `There is no compose file. Looked for: ${paths.join(", ")}`);
}

/** `web`, else the one with a port. Throws where several could be meant. */
function webService(services: readonly ComposeService[]): ComposeService | undefined {
  const named = services.find(({ name }) => name === "web");
  if (named !== undefined) return named;
  const open = services.filter(({ runs }) => runs.port !== undefined);
  if (open.length < 2) return open[0];
  const names = open.map(({ name }) => name).join(", ");
  throw new UserError("invalid-compose", `Several services have ports, and none is called web: ${names}`, {
    hint: "Call the one that gets the web traffic 'web', or leave ports to it alone",
  });
}

function toService(
  service: ComposeService,
  { reference, port }: BuiltImage,
  typeOf: (name: string) => string,
): Service {
  const web = typeOf(service.name) === "web";
  return {
    ...service.runs,
    image: reference,
    ...(service.runs.port === undefined && port !== undefined && { port }),
    dependsOn: (service.runs.dependsOn ?? []).map(typeOf),
    aliases: web && service.name !== "web" ? [service.name, "web"] : [service.name],
  };
}

async function buildService(
  building: ImageBuilding,
  { service, request }: { service: ComposeService; request: BuildRequest },
  progress: Progress,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const given = parseBuildOptions(request.settings.dockerOptions);
  const part = service.name;
  const { build: own, image } = service;
  if (own === undefined) {
    // An image of our own that is FROM it: another one may come under that name, and a release must stay what it is.
    const source = imageSource(request.source.commit, `FROM ${image}\n`);
    const options = { ...given, target: undefined };
    return await buildOne(building, { request, source, dockerfile: "Dockerfile", options, part }, progress, signal);
  }
  const options = { ...given, target: own.target ?? given.target, args: new Map([...given.args, ...own.args]) };
  const source = subfolder(request.source, own.context);
  return await buildOne(building, { request, source, dockerfile: own.dockerfile, options, part }, progress, signal);
}

function imageSource(commit: string, dockerfile: string): Source {
  const file = { name: "Dockerfile", content: dockerfile, mode: 0o644, uid: 0, gid: 0 };
  return {
    commit,
    has: async (path) => path === file.name,
    read: async (path) => (path === file.name ? dockerfile : undefined),
    tar: async () => Readable.from([makeTar([file])], { objectMode: false }),
  };
}
