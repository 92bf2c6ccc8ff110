import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { DockerEngine } from "../../docker/engine.ts";
import { makeTar, type TarEntry, tarOfFile } from "../../lib/tar.ts";
import { type BuildpackReference, buildpackName } from "../../model/buildpack-reference.ts";
import type { Progress } from "../../model/progress.ts";
import type { BuildpackArchive, BuildpackLibrary } from "../buildpack-library.ts";
import type { Choice } from "./choose.ts";

/** What brings the chosen buildpacks into a build's container. */
export interface Placement {
  /** Puts them there. To be called before the container starts. */
  into(engine: DockerEngine, container: string, signal: AbortSignal): Promise<void>;
  release(): Promise<void>;
}

/** In the container; see scripts/image/build/build. It is root's: no file of the app can take its place. */
const folder = "/buildpacks/given";

/** Fetches what has to be fetched. */
export async function gatherBuildpacks(
  choice: Choice,
  library: BuildpackLibrary | undefined,
  progress: Progress,
  signal: AbortSignal,
): Promise<Placement> {
  const archives: (BuildpackArchive | undefined)[] = [];
  const release = async (): Promise<void> => {
    for (const archive of archives) await archive?.release();
  };
  progress.step(`Using the buildpacks of ${choice.from}`);
  try {
    for (const buildpack of choice.buildpacks) {
      const isHere = buildpack.kind === "own" || buildpack.kind === "app";
      archives.push(isHere ? undefined : await library?.get(buildpack, progress, signal));
    }
  } catch (error) {
    await release();
    throw error;
  }
  return {
    into: (engine, container, cancel) => place(engine, container, { choice, archives, signal: cancel }),
    release,
  };
}

interface Chosen {
  readonly choice: Choice;
  readonly archives: readonly (BuildpackArchive | undefined)[];
  readonly signal: AbortSignal;
}

async function place(
  { containers }: DockerEngine,
  container: string,
  { choice, archives, signal }: Chosen,
): Promise<void> {
  const plan = makeTar([root("buildpacks/given/"), { ...root("buildpacks/given/plan"), content: planOf(choice) }]);
  await containers.putArchive(container, "/", plan, signal);
  for (const [index, archive] of archives.entries()) {
    if (archive === undefined) continue;
    const { size } = await stat(archive.path);
    const entry = { ...root(archiveName(index)), size };
    await containers.putArchive(container, folder, tarOfFile(entry, createReadStream(archive.path)), signal);
  }
}

/** First what to do, then a line `PLACE<TAB>NAME` for each. */
function planOf({ mode, buildpacks }: Choice): string {
  const lines = buildpacks.map((buildpack, index) => `${placeOf(buildpack, index)}\t${buildpackName(buildpack)}`);
  return [mode, ...lines, ""].join("\n");
}

function placeOf(buildpack: BuildpackReference, index: number): string {
  if (buildpack.kind === "own") return `/buildpacks/${buildpack.name}`;
  return buildpack.kind === "app" ? `./${buildpack.path}` : `${folder}/${archiveName(index)}`;
}

function archiveName(index: number): string {
  return `${index + 1}.archive`;
}

function root(name: string): TarEntry {
  return { name, mode: name.endsWith("/") ? 0o755 : 0o644, uid: 0, gid: 0 };
}
