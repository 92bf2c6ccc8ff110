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
}

/** What every door calls. Never throws; the number is the exit code. */
export type Execute = (words: readonly string[], session: Session) => Promise<number>;
