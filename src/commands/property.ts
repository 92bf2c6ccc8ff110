import { UserError } from "../model/errors.ts";
import type { PropertyKey } from "../operations/operations.ts";
import { type Command, defineCommand } from "./command.ts";
import { appName, flag, many, optional, text, unless } from "./input.ts";

export interface PropertyCommandDefinition {
  /** `git` makes `git:set`. */
  readonly group: string;
  /** Where it is not `GROUP:set`. */
  readonly name?: string;
  readonly summary: string;
  /** Name in the command -> property, or several that get the same value. */
  readonly properties: Readonly<Record<string, PropertyKey | readonly PropertyKey[]>>;
  /** Names whose values are not repeated. */
  readonly secret?: readonly string[];
  /** Values may be several words: ssh takes away the quotes around them. */
  readonly spaced?: boolean;
  /** Other words for values. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** Dokku's plugins in Go and in bash say it differently, and scripts look for either. */
  readonly word: "property" | "key";
}

/** The shape that all of Dokku's `X:set <app>|--global <key> [<value>]` have. */
export function definePropertyCommand({
  group,
  name,
  summary,
  properties,
  word,
  secret = [],
  spaced = false,
  synonyms = {},
}: PropertyCommandDefinition): Command {
  return defineCommand({
    name: name ?? `${group}:set`,
    effect: "changes",
    summary: `${summary}: ${Object.keys(properties).join(", ")}`,
    input: { app: unless("global", appName), key: text, value: spaced ? many(text) : optional(text), global: flag },
    positionals: ["app", "key", "value"],
    options: { global: { flags: "--global", summary: "For all apps that have no value of their own" } },
    run: async ({ app, key, value }, { operations }) => {
      const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (property === undefined) throw invalidKey(word, Object.keys(properties));
      const given = (typeof value === "object" ? value.join(" ") : value) || undefined;
      const wanted = given !== undefined && Object.hasOwn(synonyms, given) ? synonyms[given] : given;
      for (const each of [property].flat()) await operations.setProperty({ app, key: each, value: wanted });
      return { key, value: wanted !== undefined && secret.includes(key) ? "*******" : wanted };
    },
    present: ({ key, value }, out) => {
      out.heading(value === undefined ? `Unsetting ${key}` : `Setting ${key} to ${value}`);
    },
  });
}

function invalidKey(word: "property" | "key", valid: readonly string[]): UserError {
  const message =
    word === "property"
      ? "Invalid property specified, valid properties include: "
      : "Invalid key specified, valid keys include: ";
  return new UserError("invalid-property", message + valid.join(", "));
}
