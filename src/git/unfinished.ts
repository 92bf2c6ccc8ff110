import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { freeBytes } from "../lib/free-bytes.ts";

/** What a `git fast-import` of this repository would leave behind if it ended now: on a full disk that is what filled it. */
export async function unfinished(repository: string): Promise<ReadonlySet<string>> {
  const packs = await readdir(join(repository, "objects", "pack")).catch(() => []);
  const files = await readdir(repository).catch(() => []);
  return new Set([
    ...packs.filter((name) => name.startsWith("tmp_")).map((name) => join(repository, "objects", "pack", name)),
    ...files.filter((name) => name.startsWith("fast_import_crash_")).map((name) => join(repository, name)),
  ]);
}

/** Git itself would keep it for two weeks. */
export async function removeUnfinished(repository: string, before: ReadonlySet<string>): Promise<void> {
  for (const path of await unfinished(repository)) if (!before.has(path)) await rm(path, { force: true });
}

const least = 1024 * 1024;

/** Git says of a file that it could not write to its end that the disk is broken. */
export async function isOnFullDisk(repository: string): Promise<boolean> {
  return (await freeBytes(repository)) < least;
}
