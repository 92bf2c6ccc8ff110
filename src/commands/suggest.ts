import { nearest } from "../lib/nearest.ts";
import type { Effect } from "./command.ts";
import { otherCommands, otherFlags, otherGroups, verbs } from "./other-names.ts";
import { commands, findCommand, namespaces } from "./tree.ts";

const order: readonly Effect[] = ["reads", "changes", "destroys"];

/** What was probably meant by a name that is no command: by its meaning, else by its letters. */
export function suggestCommand(name: string): string | undefined {
  return byMeaning(name) ?? (name.includes(":") ? inGroup(name) : byLetters(name));
}

/** What to say to a flag that the command does not have. */
export function flagHint(command: string, flag: string): string | undefined {
  return own(otherFlags[command] ?? {}, flag) ?? own(otherFlags["*"] ?? {}, flag);
}

function byMeaning(name: string): string | undefined {
  return order.map((effect) => own(otherCommands[effect], name)).find((found) => found !== undefined);
}

/** `keys:delete` -> `ssh-keys:remove`, `apps:lst` -> `apps:list` */
function inGroup(name: string): string | undefined {
  const at = name.indexOf(":");
  const group = groupOf(name.slice(0, at));
  const verb = name.slice(at + 1);
  if (group === undefined || verb === "") return undefined;
  return commandOf(group, verb) ?? byMeaning(`${group}:${verb}`) ?? ofVerb(group, verb) ?? byVerbLetters(group, verb);
}

function groupOf(word: string): string | undefined {
  if (Object.hasOwn(namespaces, word)) return word;
  return own(otherGroups, word) ?? nearest(word, Object.keys(namespaces));
}

function commandOf(group: string, verb: string): string | undefined {
  return findCommand(`${group}:${verb}`)?.name;
}

function ofVerb(group: string, verb: string): string | undefined {
  const known = verbs.find(({ asked }) => asked.split(" ").includes(verb));
  const offered = known?.offered.split(" ").map((word) => findCommand(`${group}:${word}`));
  const rank = known === undefined ? 0 : order.indexOf(known.effect);
  return offered?.find((found) => found !== undefined && order.indexOf(found.effect) <= rank)?.name;
}

/** On a tie the word that reads wins over the one that destroys: it comes first. */
function byVerbLetters(group: string, verb: string): string | undefined {
  if (verbs.some(({ asked }) => asked.split(" ").includes(verb))) return undefined;
  const words = order.flatMap((effect) => [...verbsOf(group, effect), ...synonymsOf(effect)]);
  const meant = nearest(verb, words);
  return meant === undefined ? undefined : (commandOf(group, meant) ?? ofVerb(group, meant));
}

function verbsOf(group: string, effect: Effect): string[] {
  const members = commands.filter((command) => command.effect === effect && command.name.startsWith(`${group}:`));
  return members.map(({ name }) => name.slice(group.length + 1));
}

function synonymsOf(effect: Effect): string[] {
  return verbs.filter((one) => one.effect === effect).flatMap(({ asked }) => asked.split(" "));
}

function byLetters(name: string): string | undefined {
  const single = order.flatMap((effect) =>
    commands
      .filter((command) => command.effect === effect)
      .flatMap(({ name: first, aliases = [] }) => [first, ...aliases]),
  );
  const meant = nearest(name, ["help", "version", ...single.filter((one) => !one.includes(":"))]);
  return (
    meant ??
    byMeaning(
      nearest(
        name,
        order.flatMap((effect) => Object.keys(otherCommands[effect])),
      ) ?? "",
    )
  );
}

function own(names: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}
