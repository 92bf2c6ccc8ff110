import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import type { TarEntry } from "../../lib/tar.ts";
import { javaTrustStore, trustStore } from "./authorities.ts";
import type { BuildNetwork, PlacedFile } from "./network.ts";
import { toolFiles } from "./tool-files.ts";

/** The files that a build's container gets, for `owner`, who runs the build. Throws where `caFile` cannot be read. */
export async function networkFiles(network: BuildNetwork, owner: number): Promise<TarEntry[]> {
  const files: PlacedFile[] = toolFiles(network);
  if (network.caFile !== undefined) {
    files.push({ path: trustStore, content: javaTrustStore(await readFile(network.caFile, "latin1")) });
  }
  return entriesOf(files, owner);
}

/** Folders below the home folder are the owner's: tools write to them too. */
export function entriesOf(files: readonly PlacedFile[], owner: number): TarEntry[] {
  const folders = new Set(files.flatMap(({ path }) => homeFolders(path)));
  const home = { uid: owner, gid: owner };
  const system = { uid: 0, gid: 0 };
  return [
    ...[...folders].sort().map((path) => ({ name: `${path.slice(1)}/`, mode: 0o755, ...home })),
    ...files.map(({ path, content }) => ({
      name: path.slice(1),
      content,
      mode: 0o644,
      ...(path.startsWith("/app/") ? home : system),
    })),
  ];
}

/** `/app/.m2/x/settings.xml` -> `/app/.m2`, `/app/.m2/x` */
function homeFolders(path: string): string[] {
  const folder = posix.dirname(path);
  return folder.startsWith("/app/") ? [...homeFolders(folder), folder] : [];
}
