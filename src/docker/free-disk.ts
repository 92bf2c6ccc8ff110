import { freeBytes } from "../lib/free-bytes.ts";
import type { DockerEngine } from "./engine.ts";

/** Bytes that are free for this folder and for the engine's own, where that is on this machine: the smaller of the two. */
export async function freeDisk(engine: DockerEngine, folder: string): Promise<number> {
  const own = await freeBytes(folder);
  const engines = await freeBytes(await engine.folder()).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "EACCES") return own;
    throw error;
  });
  return Math.min(own, engines);
}
