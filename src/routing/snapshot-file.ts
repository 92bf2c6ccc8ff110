import { readFile, stat } from "node:fs/promises";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import type { Kept } from "../lib/kept.ts";
import { messageOf } from "../model/errors.ts";
import { parseSnapshot, type RouteTable, snapshotText } from "../model/route.ts";

/** 0 if there is no table that can be read: the workers say so in their log, and the clock is enough. */
export async function revisionOf(path: string): Promise<number> {
  try {
    return parseSnapshot(await readFile(path, "utf8")).revision;
  } catch {
    return 0;
  }
}

/** The workers write it with every change; one that somebody has spoilt between changes is written by the daemon. */
export class SnapshotFile implements Kept {
  readonly #path: string;
  readonly #table: () => RouteTable | undefined;
  /** The file as it was last read: it is not read again until it has changed. */
  #known = "";

  constructor(path: string, table: () => RouteTable | undefined) {
    this.#path = path;
    this.#table = table;
  }

  async check(): Promise<string | undefined> {
    if (this.#table() === undefined) return undefined;
    try {
      const { ino, size, mtimeMs } = await stat(this.#path);
      const state = `${ino} ${size} ${mtimeMs}`;
      if (state !== this.#known) parseSnapshot(await readFile(this.#path, "utf8"));
      this.#known = state;
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  async make(): Promise<void> {
    const table = this.#table();
    if (table !== undefined) await writeFileAtomically(this.#path, snapshotText(table), 0o600);
  }
}
