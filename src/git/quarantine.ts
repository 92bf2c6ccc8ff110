import { copyFile, link, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Quarantine } from "./repositories.ts";

/**
 * Gives a repository the objects of a push before git does, which comes later to the same end: git finds them there and goes
 * on. An index comes after its pack, as a pack counts once it has one.
 */
export async function takeOut({ objectDirectory }: Quarantine, objects: string): Promise<void> {
  const folders = (await readdir(objectDirectory)).filter((name) => /^([0-9a-f]{2}|pack)$/.test(name));
  for (const folder of folders) {
    await mkdir(join(objects, folder), { recursive: true });
    // Git's own mark that it works on the pack goes with git.
    const wanted = (name: string) => !/^\.?tmp/.test(name) && !name.endsWith(".keep");
    const names = (await readdir(join(objectDirectory, folder))).filter(wanted);
    for (const name of names.sort((a, b) => Number(isIndex(a)) - Number(isIndex(b)))) {
      await linkOrCopy(join(objectDirectory, folder, name), join(objects, folder, name));
    }
  }
}

/** With it git sees the objects of a push that it has not taken yet. */
export function quarantineEnvironment(quarantine: Quarantine | undefined): Readonly<Record<string, string>> {
  if (quarantine === undefined) return {};
  return {
    GIT_OBJECT_DIRECTORY: quarantine.objectDirectory,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: quarantine.alternates,
  };
}

function isIndex(name: string): boolean {
  return name.endsWith(".idx");
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Objects are named by their contents.
    if (code === "EEXIST") return;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EMLINK") throw error;
    await copyFile(from, to);
  }
}
