import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import { parseSnapshot, type RouteTable, snapshotText } from "../model/route.ts";
import type { WorkerLog } from "./worker-log.ts";

/** The last table on disk, or undefined if there is none that can be read. */
export async function readSnapshot(path: string, log: WorkerLog): Promise<RouteTable | undefined> {
  try {
    return parseSnapshot(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      log.error({ err: error, path }, "cannot read snapshot, waiting for the daemon's table");
    }
    return undefined;
  }
}

// To put ten thousand apps into text takes 4 ms, in which no request moves.
const pauseMs = 200;

/** Writes the newest table, one write at a time: what changes during a write and shortly after goes into the next one. */
export class SnapshotWriter {
  readonly #path: string;
  readonly #current: () => RouteTable;
  readonly #log: WorkerLog;
  readonly #settling = new AbortController();
  #wanted = false;
  #running: Promise<void> | undefined;

  constructor(path: string, current: () => RouteTable, log: WorkerLog) {
    this.#path = path;
    this.#current = current;
    this.#log = log;
  }

  save(): void {
    this.#wanted = true;
    this.#running ??= this.#run();
  }

  /** Resolves when what was asked for is on disk. */
  async settled(): Promise<void> {
    this.#settling.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#wanted) {
      this.#wanted = false;
      try {
        await writeFileAtomically(this.#path, snapshotText(this.#current()), 0o600);
      } catch (error) {
        this.#log.error({ err: error, path: this.#path }, "cannot write snapshot");
      }
      await delay(pauseMs, undefined, { signal: this.#settling.signal }).catch(() => undefined);
    }
    this.#running = undefined;
  }
}
