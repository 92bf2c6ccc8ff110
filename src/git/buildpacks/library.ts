import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BuildpackArchive, BuildpackLibrary } from "../../builders/buildpack-library.ts";
import { writeFileAtomically } from "../../lib/atomic-file.ts";
import type { RemoteBuildpack } from "../../model/buildpack-reference.ts";
import { Git } from "../git.ts";
import { archiveBuildpack } from "./archive-buildpack.ts";
import { gitBuildpack } from "./git-buildpack.ts";
import { hostFolder, isBuildpackFolder } from "./host-folder.ts";
import { Shelf } from "./shelf.ts";
import type { LibraryOptions, Shelving } from "./shelving.ts";

/** How many buildpacks are kept: each takes a few megabytes, and at most half a gigabyte. */
const mostAddresses = 50;

export function createBuildpackLibrary(options: LibraryOptions): BuildpackLibrary {
  const git = new Git(options);
  return {
    get: async (buildpack, progress, signal) => {
      const folder = join(options.folder, keyOf(buildpack));
      const made = await mkdir(folder, { recursive: true, mode: 0o700 });
      if (made !== undefined) await keepNewest(options.folder, mostAddresses);
      return fetched(buildpack, { git, shelf: new Shelf(folder), options, progress, signal });
    },
  };
}

async function fetched(buildpack: RemoteBuildpack, shelving: Shelving): Promise<BuildpackArchive> {
  const { signal } = shelving;
  if (buildpack.kind === "git") return gitBuildpack(buildpack, shelving);
  if (buildpack.kind === "archive") return archiveBuildpack(buildpack, shelving);
  const { path, ref } = buildpack;
  const plain = ref === undefined && ((await isBuildpackFolder(path)) || (await isFile(path)));
  if (plain) return hostFolder(path, shelving.shelf.scratch(`${randomUUID()}.tar`), signal);
  const environment = await hostAccess(shelving);
  return gitBuildpack({ kind: "git", url: path, ref }, shelving, { protocols: ["file"], environment });
}

/** A new address takes the place of the one that was not used for longest. */
async function keepNewest(folder: string, most: number): Promise<void> {
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  if (names.length <= most) return;
  const shelves = await Promise.all(
    names.map(async ({ name }) => ({ path: join(folder, name), used: await new Shelf(join(folder, name)).lastUsed() })),
  );
  const old = shelves.sort((a, b) => b.used - a.used).slice(most);
  for (const { path } of old) await rm(path, { recursive: true, force: true });
}

/** Git that serves a repository of this host to us forgets our settings, but for a file: whoever owns the repository may. */
async function hostAccess({ options }: Shelving): Promise<Record<string, string>> {
  const path = join(options.folder, "host.gitconfig");
  await writeFileAtomically(path, "[safe]\n\tdirectory = *\n");
  return { GIT_CONFIG_GLOBAL: path, GIT_NO_LAZY_FETCH: "1" };
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** Name of the folder of an address: it may hold a password, and what is no file name. */
function keyOf(buildpack: RemoteBuildpack): string {
  const address = "url" in buildpack ? buildpack.url : buildpack.path;
  return createHash("sha256").update(address).digest("hex").slice(0, 32);
}
