import { statfs } from "node:fs/promises";

/** What may still be written to the disk of this folder without special rights. Throws where there is no such folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
