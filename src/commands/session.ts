import type { Readable, Writable } from "node:stream";
import type { Terminal } from "../schedulers/scheduler.ts";

/** Who gave a command, and the streams it talks through. Made by a door for one command. */
export interface Session {
  /** Name of the key, or "local". */
  readonly actor: string;
  /** True for the local CLI, which may do what a key may not. */
  readonly local: boolean;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly terminal: Terminal | undefined;
  /** Aborts when the caller hangs up or presses Ctrl-C. */
  readonly signal: AbortSignal;
  /** Set by the local CLI, whose process runs beside the caller's shell. */
  readonly client?: Client;
}

export interface Client {
  /**
   * Hands each key to the command as it is pressed, until the command ends. Where there is no client, a terminal is
   * that way from the start.
   */
  makeRaw(): void;
  /** A file as the caller may read it, relative to the caller's folder. Throws UserError. */
  readFile(path: string): Promise<Buffer>;
}

/** What every door calls. Never throws; the number is the exit code. */
export type Execute = (words: readonly string[], session: Session) => Promise<number>;
