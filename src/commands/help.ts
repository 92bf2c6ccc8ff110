import { columns } from "../lib/columns.ts";
import type { Command } from "./command.ts";
import { namespaceOf } from "./names.ts";
import { commands, findCommand, namespaces } from "./tree.ts";
import { optionList, usage } from "./usage.ts";

/** Without the last line end. The help text on a command, a group of commands, or on everything. `local`: with what only the local CLI has. */
export function helpText(topic: string | undefined, local: boolean): string {
  if (topic === undefined) return overview(local);
  const about = namespaceOf(topic);
  if (about !== undefined) return groupHelp(topic, about);
  const command = findCommand(topic);
  return command === undefined ? overview(local) : commandHelp(command, topic);
}

export function versionText(version: string): string {
  return `berth version ${version}`;
}

/** What works without a daemon, on its own machine. */
const localOnly: readonly [string, string][] = [
  ["serve [--<setting> <value> ...]", "Start Berth in the foreground; `berth serve --help` lists settings"],
  ["build [<dir>] <name> [<tag>] ...", "Make an image of the app in a folder; `berth build --help` lists options"],
  ["router:stop", "End the router that a stopped Berth has left serving"],
];

function overview(local: boolean): string {
  const groups = Object.keys(namespaces).map((name) => listing(members(name)));
  const single = commands.filter((command) => !command.name.includes(":"));
  const rest: [string, string][] = [
    ["help [<command>]", "Show this, or help on one command or group of commands"],
    ["version", "Show the version"],
  ];
  if (local) rest.unshift(...localOnly);
  return lines(
    "Usage: berth [--quiet] [--force] [--app <app>] <command> [<argument> ...]",
    "",
    "Deploy apps with `git push`, and look after them with these commands.",
    "",
    "Commands:",
    ...aligned([...groups.flat(), ...listing(single), ...rest]),
    "",
    "Flags that every command takes:",
    ...aligned([
      ["-a, --app <app>", "Name the app here; commands that take no app ignore it"],
      ["--quiet", "Leave out headings"],
      ["--force", "Do not ask before something is destroyed"],
      ["--help", "Show help on the command"],
    ]),
  );
}

function groupHelp(name: string, about: string): string {
  return lines(
    `Usage: berth ${name}[:COMMAND]`,
    "",
    about,
    "",
    "Additional commands:",
    ...aligned(listing(members(name))),
  );
}

function commandHelp(command: Command, name: string): string {
  const options = optionList(command);
  return lines(
    `Usage: ${usage(command, name)}`,
    "",
    command.summary,
    ...(options.length > 0 ? ["", "Options:", ...aligned(options)] : []),
  );
}

function members(namespace: string): Command[] {
  return commands.filter((command) => command.name.startsWith(`${namespace}:`));
}

function listing(list: readonly Command[]): [string, string][] {
  return list.map((command) => [usage(command).replace(/^berth /, ""), command.summary]);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  return columns(rows).map((line) => `    ${line}`);
}

function lines(...all: string[]): string {
  return all.join("\n");
}
