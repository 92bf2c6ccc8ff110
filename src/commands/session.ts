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
  /**
   * The door plays the terminal driver (echo, lines, Ctrl-C, line ends) until a command listens for the size: that one
   * runs a program with a pty of its own, and gets every byte as long as it listens.
   */
  readonly terminal: Terminal | undefined;
  /** Aborts when the caller hangs up or presses Ctrl-C. */
  readonly signal: AbortSignal;
  /** A file as the caller may read it, relative to the caller's folder. Only the local CLI has it. Throws UserError. */
  readonly readFile?: (path: string) => Promise<Buffer>;
}

/** What every door calls. Never throws; the number is the exit code. */
export type Execute = (words: readonly string[], session: Session) => Promise<number>;
