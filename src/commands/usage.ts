import type { Command } from "./command.ts";

/** `berth config:set [--no-restart] <app> <key=value> [<key=value> ...]` */
export function usage(command: Command, name = command.name): string {
  const options = optionList(command).map(([flags]) => `[${flags.replace(/^-\w, /, "")}]`);
  const positionals = (command.positionals ?? []).map((input) => positional(command, input));
  return ["berth", name, ...options, ...positionals].join(" ");
}

/** Flags and summary of each option of the command. */
export function optionList(command: Command): [string, string][] {
  const own = Object.values(command.options ?? {}).flatMap((option): [string, string][] =>
    option === undefined ? [] : [[option.flags, option.summary]],
  );
  const format: [string, string] = ["--format <stdout|json>", "Print for people, or for programs"];
  return command.kind !== "interactive" && command.json !== undefined ? [...own, format] : own;
}

export function labelOf(command: Command, input: string): string {
  return command.labels?.[input] ?? input;
}

function positional(command: Command, input: string): string {
  const field = command.input[input];
  const label = `<${labelOf(command, input)}>`;
  if (field?.arity === "many") return field.least > 0 ? `${label} [${label} ...]` : `[${label} ...]`;
  if (field?.arity !== "optional") return label;
  return field.unless === undefined
    ? `[${label}]`
    : `${label}|--${field.unless.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
