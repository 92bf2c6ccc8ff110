import { nearest } from "../lib/nearest.ts";
import { UserError } from "../model/errors.ts";
import { commands, namespaces } from "./tree.ts";

/** What a group of commands (`apps`, `config`) is about, or undefined where there is no such group. */
export function namespaceOf(name: string): string | undefined {
  return Object.hasOwn(namespaces, name) ? namespaces[name] : undefined;
}

export function unknownCommand(name: string): UserError {
  const known = [...commands.flatMap((command) => [command.name, ...(command.aliases ?? [])]), "help", "version"];
  const meant = nearest(name, known);
  const suggestion = meant === undefined ? "" : `\nDid you mean \`berth ${meant}\`?`;
  return new UserError("unknown-command", `\`${name}\` is not a berth command.`, {
    hint: `See \`berth help\` for a list of available commands.${suggestion}`,
  });
}
