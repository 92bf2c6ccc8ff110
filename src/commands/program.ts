import { type Command as CommanderCommand, CommanderError, Option, Command as Program } from "commander";
import { editDistance } from "../lib/nearest.ts";
import { exitCodes, UserError } from "../model/errors.ts";
import { bind, type Given } from "./bind.ts";
import type { Command } from "./command.ts";
import { choice } from "./input.ts";
import { namespaceOf, unknownCommand } from "./names.ts";
import { flagHint } from "./suggest.ts";
import { commands, findCommand } from "./tree.ts";
import { usage } from "./usage.ts";

/** What a command line asks for. */
export type Invocation =
  | { readonly kind: "help"; readonly topic: string | undefined }
  | { readonly kind: "version" }
  | CommandInvocation;

export interface CommandInvocation {
  readonly kind: "command";
  readonly command: Command;
  readonly values: Record<string, unknown>;
  readonly quiet: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

const format = choice("format", ["stdout", "json", "text"]);

/** Throws UserError for what is no valid command line. */
export function parse(words: readonly string[]): Invocation {
  // A program is made anew for each command line: commander keeps what it has parsed in its objects.
  const program = new Program("berth");
  const chosen: { given?: Given; command?: Command; free?: readonly string[] } = {};
  configure(program);
  addGlobalOptions(program, []);
  program.option("-v, --version").argument("[words...]").passThroughOptions();
  program.action(() => {
    chosen.free = program.args;
  });
  program
    .command("help")
    .argument("[words...]")
    .action((topic: string[]) => {
      chosen.free = [topic[0] === undefined ? "help" : `${topic[0]}:help`];
    });
  for (const command of commands) addCommand(program, command, (given) => Object.assign(chosen, { command, given }));

  parseWords(program, words);
  const globals = program.opts();
  if (chosen.command !== undefined && chosen.given !== undefined) {
    return invocation(chosen.command, merge(globals, chosen.given));
  }
  if (globals.version === true) return { kind: "version" };
  return freeWords(chosen.free ?? [], globals.help === true);
}

/** `help`, `version`, the bare name of a group of commands, or something unknown. */
function freeWords([name]: readonly string[], wantsHelp: boolean): Invocation {
  if (name === undefined || name === "help") return { kind: "help", topic: undefined };
  if (name === "version") return { kind: "version" };
  const topic = name.replace(/:help$/, "");
  const isTopic = namespaceOf(topic) !== undefined || (topic !== name && findCommand(topic) !== undefined);
  if (isTopic) return { kind: "help", topic };
  if (wantsHelp && findCommand(name) !== undefined) return { kind: "help", topic: name };
  throw unknownCommand(name);
}

function invocation(command: Command, given: Given): Invocation {
  if (given.options.help === true) return { kind: "help", topic: given.name };
  const json = given.options.format !== undefined && command.kind !== "interactive" && command.json !== undefined;
  return {
    kind: "command",
    command,
    values: bind(command, given),
    quiet: given.options.quiet === true,
    force: given.options.force === true,
    json: json && format.parse(String(given.options.format)) === "json",
  };
}

/** Global flags may be on either side of the command's name. */
function merge(globals: Record<string, unknown>, given: Given): Given {
  return { ...given, options: { ...globals, ...given.options } };
}

function addCommand(program: CommanderCommand, command: Command, choose: (given: Given) => void): void {
  for (const name of [command.name, ...(command.aliases ?? [])]) {
    // `program.command()`, never `addCommand()`: only the former hands down exitOverride, and without it a missing
    // argument ends the daemon's process.
    const sub = program.command(name).argument("[words...]").helpOption(false);
    const own = ownOptions(command);
    for (const option of own.values()) sub.addOption(option);
    addGlobalOptions(sub, [...own.values()]);
    if (command.passThrough) sub.passThroughOptions();
    if (command.otherFlags !== undefined) sub.allowUnknownOption();
    const attributes = new Map([...own].map(([input, option]) => [input, option.attributeName()]));
    sub.action(() => choose({ name, words: sub.args, options: sub.opts(), attributes }));
  }
}

function ownOptions(command: Command): Map<string, Option> {
  const found = new Map<string, Option>();
  for (const [input, text] of Object.entries(command.options ?? {})) {
    if (text === undefined) continue;
    const option = new Option(text.flags, text.summary);
    if (command.input[input]?.arity === "many") {
      option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    }
    found.set(input, option);
  }
  if (command.kind !== "interactive" && command.json !== undefined)
    found.set("format", new Option("--format <format>"));
  return found;
}

function addGlobalOptions(program: CommanderCommand, taken: readonly Option[]): void {
  const free = (name: string): boolean => !taken.some((option) => option.long === `--${name}`);
  for (const name of ["quiet", "force", "trace"]) if (free(name)) program.option(`--${name}`);
  if (free("app")) program.option("-a, --app <app>");
  program.option("-h, --help");
}

/** `--force` only for a slip of one letter: it does without the question before something is destroyed. */
function similarFlag(suggestion: string | undefined, flag: string): string | undefined {
  if (suggestion?.includes("--force") && editDistance(flag, "--force") > 1) return undefined;
  return suggestion?.replace(/^\((.*)\)$/, "$1");
}

function configure(program: CommanderCommand): void {
  program
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} })
    .enablePositionalOptions()
    .helpOption(false)
    .helpCommand(false);
}

function parseWords(program: CommanderCommand, words: readonly string[]): void {
  try {
    program.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw usageError(error, program, words);
  }
}

/** "error: unknown option '--formt'\n(Did you mean --format?)" in our words. */
function usageError(error: CommanderError, program: CommanderCommand, words: readonly string[]): UserError {
  const [first = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const message = first.replace("unknown option", "Unknown flag:").replace(/^./, (letter) => letter.toUpperCase());
  const command = words.map((word) => program.commands.find((sub) => sub.name() === word)).find(Boolean);
  const known = command === undefined ? undefined : findCommand(command.name());
  const flag = /'(-[^']*)'$/.exec(first)?.[1] ?? "";
  const hint =
    (flag && flagHint(known?.name ?? "", flag)) || similarFlag(suggestion, flag) || (known && `Usage: ${usage(known)}`);
  const exitCode = known?.usageExitCode ?? exitCodes.usage;
  return new UserError("invalid-flag", message, { exitCode, ...(hint !== undefined && { hint }) });
}
