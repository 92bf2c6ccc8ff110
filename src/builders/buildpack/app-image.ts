import type { DockerEngine } from "../../docker/engine.ts";
import { imageName } from "../../docker/image-name.ts";
import { baseImage } from "../../docker/image-store.ts";
import { labels } from "../../docker/labels.ts";
import { splitReference } from "../../docker/reference.ts";
import { type BuildPlan, baseConfig, containerName, imageConfig, slugOptions } from "./options.ts";

/** Parts of an app that stay the same over builds (its runtime, its dependencies), kept in an image below the app's. */
export interface Base {
  /** Empty where there is none yet. */
  readonly key: string;
  readonly runImageId: string;
}

const noBase = "";

/** The app's base, as long as it stands on today's run image. */
export async function findBase(engine: DockerEngine, plan: BuildPlan, runImage: string): Promise<Base> {
  const [run, base] = await Promise.all([
    engine.images.inspect(runImage),
    engine.images.inspect(baseImage(plan.instance, plan.appId)),
  ]);
  const runImageId = run?.id ?? "";
  const fits = base?.labels[labels.baseRunImage] === runImageId;
  return { runImageId, key: (fits ? base?.labels[labels.baseKey] : undefined) ?? noBase };
}

export interface AppImageInput {
  /** The build's container, which has ended. */
  readonly container: string;
  readonly runImage: string;
  /** As it was found before the build. */
  readonly known: Base;
  /** Key of the base that the build wants; undefined for none. */
  readonly wanted: string | undefined;
}

/** Makes the app's image of what the build has left, and before it a new base where the build made one. Gives its reference. */
export async function makeAppImage(
  engine: DockerEngine,
  plan: BuildPlan,
  input: AppImageInput,
  signal: AbortSignal,
): Promise<string> {
  const { container, runImage, known, wanted } = input;
  const image = imageName(plan);
  if (wanted !== undefined && wanted !== known.key) {
    const base = { container, folder: "/tmp/build/base/app", below: runImage, kind: "base" } as const;
    const config = baseConfig(plan, { ...known, key: wanted });
    const baseReference = splitReference(baseImage(plan.instance, plan.appId));
    await copyIntoImage(engine, plan, { ...base, image: baseReference, config, signal });
  }
  const below = wanted === undefined ? runImage : baseImage(plan.instance, plan.appId);
  const config = imageConfig(plan);
  await copyIntoImage(engine, plan, {
    container,
    folder: "/tmp/build/app",
    below,
    kind: "slug",
    image,
    config,
    signal,
  });
  return `${image.repository}:${image.tag}`;
}

interface Copy {
  readonly container: string;
  /** Its last part is `app`: unpacked at the root it lands where dynos look for it. */
  readonly folder: string;
  readonly below: string;
  readonly kind: "slug" | "base";
  readonly image: { readonly repository: string; readonly tag: string };
  readonly config: object;
  readonly signal: AbortSignal;
}

async function copyIntoImage({ containers }: DockerEngine, plan: BuildPlan, copy: Copy): Promise<void> {
  const files = containers.getArchive(copy.container, copy.folder);
  // Awaited below; until then its failure has nobody else who listens.
  files.catch(() => undefined);
  // The archive is opened while the container is made; an error of either must not leave the other behind.
  const target = await containers
    .create(containerName(plan, copy.kind), slugOptions(plan, copy.below))
    .catch((error) => {
      void files.then((tar) => tar.destroy()).catch(() => undefined);
      throw error;
    });
  try {
    await containers.putArchive(target, "/", await files, copy.signal);
    await containers.commit(target, copy.image, copy.config, copy.signal);
  } finally {
    await containers.remove(target);
  }
}
