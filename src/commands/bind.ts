import { UserError } from "../model/errors.ts";
import type { Command } from "./command.ts";
import type { Field } from "./input.ts";
import { labelOf, usage } from "./usage.ts";

/** A command line taken apart: what stands by itself, and what was given with flags. */
export interface Given {
  /** As it was called, which may be an alias. */
  readonly name: string;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Input of the command -> key in `options`. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** The command's input, each word read by its own rule. Throws UserError. */
export function bind(command: Command, given: Given): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(command.input)) {
    const attribute = given.attributes.get(name);
    if (attribute !== undefined) values[name] = optionValue(field, given.options[attribute]);
  }
  const words = [...given.words];
  if (command.otherFlags !== undefined) values[command.otherFlags] = takeFlags(words);
  // `--app NAME` stands for the first argument, as it does in Dokku.
  const app = given.options.app;
  if (typeof app === "string" && isAppMissing(command, app, words, values)) words.unshift(app);
  if (command.passThrough && words[1] === "--") words.splice(1, 1);

  for (const name of command.positionals ?? []) values[name] = takePositional(command, name, words, values);
  const [extra] = words;
  if (extra !== undefined) throw usageError(command, `Unexpected argument: ${extra}`);
  return values;
}

/** Dokku's client puts `--app` before each command, also before one that takes no app or is given it as well. */
function isAppMissing(command: Command, app: string, words: string[], values: Record<string, unknown>): boolean {
  const [first, ...others] = command.positionals ?? [];
  if (first !== "app" || !isWanted(command.input[first], values)) return false;
  const least = others.reduce((sum, name) => sum + leastWords(command.input[name], values), 1);
  // `--app web run web` runs the command `web`.
  return words[0] !== app || words.length < least;
}

function leastWords(field: Field | undefined, values: Record<string, unknown>): number {
  if (field?.arity === "many") return field.least;
  if (field?.arity === "optional" && field.unless === undefined) return 0;
  return isWanted(field, values) ? 1 : 0;
}

function isWanted(field: Field | undefined, values: Record<string, unknown>): boolean {
  return field?.arity !== "optional" || field.unless === undefined || values[field.unless] !== true;
}

function optionValue(field: Field, raw: unknown): unknown {
  if (field.arity === "flag") return raw === true;
  if (field.arity === "many") return ((raw ?? []) as string[]).map((word) => field.parse(word));
  return typeof raw === "string" ? field.parse(raw) : undefined;
}

function takeFlags(words: string[]): string[] {
  const flags = words.filter((word) => word.startsWith("--"));
  words.splice(0, words.length, ...words.filter((word) => !word.startsWith("--")));
  return flags;
}

function takePositional(command: Command, name: string, words: string[], values: Record<string, unknown>): unknown {
  const field = command.input[name];
  if (field === undefined || field.arity === "flag") throw new Error(`${command.name}: ${name} is no positional`);
  if (field.arity === "many") {
    const rest = words.splice(0);
    if (rest.length >= field.least) return rest.map((word) => field.parse(word));
    throw usageError(command, field.tooFew ?? missing(command, name));
  }
  if (!isWanted(field, values)) return undefined;
  const word = words.shift();
  if (word !== undefined) return field.parse(word);
  if (field.arity === "optional" && field.unless === undefined) return undefined;
  throw usageError(command, missing(command, name));
}

function missing(command: Command, name: string): string {
  const label = labelOf(command, name);
  return label === "app" ? "Please specify an app to run the command on" : `Missing argument: <${label}>`;
}

function usageError(command: Command, message: string): UserError {
  const { usageExitCode: exitCode } = command;
  return new UserError("invalid-usage", message, {
    hint: `Usage: ${usage(command)}`,
    ...(exitCode !== undefined && { exitCode }),
  });
}
