import { randomBytes } from "node:crypto";
import type { Builder, BuildRequest, Image, Source } from "../builders/builder.ts";
import { pickBuilder } from "../builders/pick-builder.ts";
import { EngineError } from "../docker/errors.ts";
import { labels } from "../docker/labels.ts";
import type { ConfigVars } from "../model/app.ts";
import type { AppManifest } from "../model/app-manifest.ts";
import { UserError } from "../model/errors.ts";
import { imagesOf } from "../model/runtime.ts";
import type { BuildArguments } from "./arguments.ts";
import { folderSource, withFile } from "./folder-source.ts";
import { type ImageName, plainName } from "./image-name.ts";
import { makeLayeredImage, runLine } from "./layered-image.ts";
import { replaceBase } from "./replace-base.ts";
import { localInstance, type Workshop } from "./workshop.ts";

export interface MakeInput {
  readonly wanted: BuildArguments;
  readonly source: Source;
  readonly manifest: AppManifest;
  readonly config: ConfigVars;
}

const settings = { dockerfilePath: "Dockerfile", dockerOptions: [] };

/** Builds the image and gives it its name. Of several images (heroku.yml) the others have the process type in their tag. */
export async function makeImage(workshop: Workshop, builders: readonly Builder[], input: MakeInput): Promise<Image> {
  const { wanted, source, config } = input;
  const hasBuildpacks = wanted.buildpacks.length > 0;
  const builder = await pickBuilder(builders, source, { selected: "", config, settings, hasBuildpacks });
  workshop.progress.step(`Building with ${builder.name}`);
  const request = await buildRequest(builder, input, workshop);
  const built = await builder.build(request, workshop.progress, workshop.signal);
  const ofBuildpacks = built.runtime === undefined;
  const made = new Map<string, string>();
  try {
    for (const reference of imagesOf({ image: built.reference, runtime: built.runtime })) {
      if (!ofBuildpacks) await includeCommands(workshop, wanted, reference);
      const name = nameOf(wanted.name, built, reference);
      await giveName(workshop, reference, name);
      made.set(reference, `${name.repository}:${name.tag}`);
    }
  } finally {
    for (const reference of imagesOf({ image: built.reference, runtime: built.runtime })) {
      await workshop.engine.images.remove(reference);
    }
  }
  return renamed(built, made);
}

async function buildRequest(
  builder: Builder,
  { wanted, source, manifest, config }: MakeInput,
  { limits }: Workshop,
): Promise<BuildRequest> {
  const app = plainName(wanted.name.repository);
  const own = builder.name === "buildpack" ? source : await sourceForDocker(builder, wanted, source);
  return {
    ...{ app, appId: app, buildId: randomBytes(5).toString("hex") },
    ...{ source: own, config, settings, limits },
    buildpacks: { listed: wanted.buildpacks, manifest: manifest.buildpacks },
  };
}

/** As `docker build` has it: where there is a .dockerignore, it says what is left out, and nothing else does. */
async function sourceForDocker(builder: Builder, { folder, base }: BuildArguments, source: Source): Promise<Source> {
  const ignores = (await source.has(".dockerignore")) || (await source.has("Dockerfile.dockerignore"));
  const own = ignores ? await folderSource(folder, { gitignore: false }) : source;
  if (base === undefined) return own;
  const text = builder.name === "dockerfile" ? await own.read(settings.dockerfilePath) : undefined;
  if (text !== undefined) return withFile(own, settings.dockerfilePath, replaceBase(text, base));
  throw new UserError(
    "base-not-taken",
    `Builds with ${builder.name} say themselves what they stand on: leave out --from`,
  );
}

/** On top of a finished image; the app's own user runs it again. */
async function includeCommands(workshop: Workshop, { commands }: BuildArguments, reference: string): Promise<void> {
  if (commands.length === 0) return;
  const found = await workshop.engine.images.inspect(reference);
  const app = found?.labels[labels.app] ?? "";
  const back = found?.user ? [`USER ${found.user}`] : [];
  const dockerfile = [`FROM ${reference}`, "USER root", ...commands.map(runLine), ...back];
  await makeLayeredImage(workshop, { tag: reference, app, dockerfile });
}

/** `TAG-worker` for an image that only that process type has. */
function nameOf({ repository, tag }: ImageName, built: Image, reference: string): ImageName {
  const types = Object.entries(built.runtime?.services ?? {});
  const own = reference === built.reference ? undefined : types.find(([, { image }]) => image === reference);
  return { repository, tag: own === undefined ? tag : `${tag}-${own[0]}` };
}

/** What had the name before goes, unless it has another one or a container uses it. */
async function giveName({ engine }: Workshop, reference: string, name: ImageName): Promise<void> {
  const before = await engine.images.inspect(`${name.repository}:${name.tag}`);
  await engine.images.tag(reference, name);
  if (before === undefined || before.labels[labels.instance] !== localInstance) return;
  const now = await engine.images.inspect(reference);
  if (now?.id === before.id) return;
  await engine.images.remove(before.id).catch((error: unknown) => {
    if (!(error instanceof EngineError)) throw error;
  });
}

function renamed(image: Image, names: ReadonlyMap<string, string>): Image {
  const nameFor = (reference: string): string => names.get(reference) ?? reference;
  if (image.runtime === undefined) return { ...image, reference: nameFor(image.reference) };
  const services = Object.entries(image.runtime.services ?? {}).map(([type, service]) => [
    type,
    { ...service, ...(service.image !== undefined && { image: nameFor(service.image) }) },
  ]);
  const runtime = { ...image.runtime, services: Object.fromEntries(services) };
  return { ...image, reference: nameFor(image.reference), runtime };
}
