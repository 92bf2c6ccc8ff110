import type { Readable } from "node:stream";
import type { Job, Operations, Requester } from "../operations/operations.ts";
import type { RunIo } from "../schedulers/scheduler.ts";
import type { Schema, Values } from "./input.ts";
import type { Output } from "./output.ts";
import type { Session } from "./session.ts";

/** What `run` gets besides its input. */
export interface Context {
  readonly operations: Operations;
  readonly job: Job;
  /** `--force`: do not ask. */
  readonly force: boolean;
  /** `--quiet`: leave out headings, and what repeats the input. */
  readonly quiet: boolean;
  /** Where the caller's streams are; for the few commands that read or ask. */
  readonly caller: Caller;
}

export interface Caller {
  /** All of standard input, as bytes: what is text is for the command to know. Throws UserError past `limit` bytes. */
  readAll(limit: number): Promise<Buffer>;
  /** Standard input as it comes; ends when the caller hangs up. */
  input(): Readable;
  /** One line from standard input, without its end; undefined where there is none. */
  ask(question: string): Promise<string | undefined>;
  readonly readFile: Session["readFile"];
  readonly identity: Requester;
  readonly hasTerminal: boolean;
}

/** `destroys`: takes away what only the user can give again. `reads`: changes nothing. */
export type Effect = "reads" | "changes" | "destroys";

interface Definition<S extends Schema> {
  /** `apps:create`. The file's path is the same: `apps/create.ts`. */
  readonly name: string;
  /** What the command does to apps and host at most: hints never lead from reading to destroying. */
  readonly effect: Effect;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly input: S;
  /** Names of the inputs that are given by their place, in order. */
  readonly positionals?: readonly (keyof S & string)[];
  readonly options?: { readonly [Name in keyof S]?: OptionText };
  /** What a positional is called in usage lines, where not by its name. */
  readonly labels?: { readonly [Name in keyof S]?: string };
  /** Exit code for a command line that the command cannot take; the usual ones if its own codes mean something else. */
  readonly usageExitCode?: number;
  /** Everything after the first positional belongs to somebody else: no flags of ours in it. */
  readonly passThrough?: boolean;
  /** Words that begin with `--` and are no option of the command are the value of this input. */
  readonly otherFlags?: keyof S & string;
}

export interface OptionText {
  /** As commander has it: `-n, --num <num>`. */
  readonly flags: string;
  readonly summary: string;
}

export interface ValueCommand<S extends Schema, R> extends Definition<S> {
  readonly kind: "value";
  run(input: Values<S>, context: Context): Promise<R>;
  /** Prints the result for people. Nothing is printed where it is left out. */
  present?(result: R, out: Output, input: Values<S>): void;
  /** The result for programs; with it the command has `--format json`. */
  json?(result: R, input: Values<S>): unknown;
  /** Without it 0. */
  exitCode?(result: R): number;
}

export interface StreamCommand<S extends Schema, T> extends Definition<S> {
  readonly kind: "stream";
  run(input: Values<S>, context: Context): Promise<AsyncIterable<T>>;
  present(item: T, out: Output, input: Values<S>): void;
  /** With `--format json` each item is one line. */
  json?(item: T, input: Values<S>): unknown;
}

export interface InteractiveCommand<S extends Schema> extends Definition<S> {
  readonly kind: "interactive";
  /** Exit code for the caller. */
  run(input: Values<S>, context: Context, io: RunIo): Promise<number>;
  /** False where this input needs no terminal although the caller has one. */
  wantsTerminal(input: Values<S>): boolean;
}

/** Any command, for what goes through all of them. */
export type Command = ValueCommand<Schema, unknown> | StreamCommand<Schema, unknown> | InteractiveCommand<Schema>;

export function defineCommand<const S extends Schema, R>(definition: Omit<ValueCommand<S, R>, "kind">): Command {
  return { ...definition, kind: "value" } as unknown as Command;
}

export function defineStream<const S extends Schema, T>(definition: Omit<StreamCommand<S, T>, "kind">): Command {
  return { ...definition, kind: "stream" } as unknown as Command;
}

export function defineInteractive<const S extends Schema>(definition: Omit<InteractiveCommand<S>, "kind">): Command {
  return { ...definition, kind: "interactive" } as unknown as Command;
}
