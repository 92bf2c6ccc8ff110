import { UserError } from "../model/errors.ts";
import { suggestCommand } from "./suggest.ts";
import { namespaces } from "./tree.ts";

/** What a group of commands (`apps`, `config`) is about, or undefined where there is no such group. */
export function namespaceOf(name: string): string | undefined {
  return Object.hasOwn(namespaces, name) ? namespaces[name] : undefined;
}

export function unknownCommand(name: string): UserError {
  const meant = suggestCommand(name);
  const suggestion = meant === undefined ? "" : `\nDid you mean \`berth ${meant}\`?`;
  return new UserError("unknown-command", `\`${name}\` is not a berth command.`, {
    hint: `See \`berth help\` for a list of available commands.${suggestion}`,
  });
}
