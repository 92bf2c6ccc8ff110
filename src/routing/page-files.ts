import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import { Mutex } from "../lib/mutex.ts";
import type { PageFiles } from "./pages.ts";

/** Files named by their contents: one that a worker has read never changes, and one that two apps share is one file. */
export function createPageFiles(folder: string): PageFiles {
  const mutex = new Mutex();
  return {
    alone: (work) => mutex.run(work),
    put: async (page) => {
      const name = createHash("sha256").update(page).digest("hex");
      await mkdir(folder, { recursive: true });
      await writeFileAtomically(join(folder, name), page, 0o600);
      return name;
    },
    read: (name) => ifThere(readFile(join(folder, name), "utf8")),
    keep: async (names) => {
      const found = (await ifThere(readdir(folder))) ?? [];
      for (const name of found) if (!names.has(name)) await rm(join(folder, name), { force: true });
    },
  };
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
