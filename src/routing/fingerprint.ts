import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** Changes with the code in these files and folders, and with what else is given. 16 hex digits. */
export async function fingerprintOf(paths: readonly string[], extra: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const word of extra) hash.update(`${word}\0`);
  for (const path of paths) await addTo(hash, path);
  return hash.digest("hex").slice(0, 16);
}

async function addTo(hash: ReturnType<typeof createHash>, path: string): Promise<void> {
  const isFolder = (await stat(path)).isDirectory();
  if (!isFolder) {
    hash.update(await readFile(path));
    return;
  }
  const names = await readdir(path, { recursive: true });
  for (const name of names.filter((name) => name.endsWith(".ts")).sort()) {
    hash.update(`${name}\0`).update(await readFile(join(path, name)));
  }
}
