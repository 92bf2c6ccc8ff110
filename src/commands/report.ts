import { exitCodes, UserError } from "../model/errors.ts";
import type { Operations, PropertyKey, PropertyValue } from "../operations/operations.ts";
import { type Command, defineCommand } from "./command.ts";
import { appName, many, optional, text } from "./input.ts";
import type { Output } from "./output.ts";

/** Flag without its dashes -> value. */
type Facts = Readonly<Record<string, string>>;

export interface ReportDefinition {
  /** `ps` makes `ps:report`. */
  readonly group: string;
  /** As in `=====> APP ps information`. */
  readonly title: string;
  /** Left out of the keys in JSON. */
  readonly prefix: string;
  /** JSON has the keys with their prefix too, as Dokku's plugins in Go do. */
  readonly keepPrefixed: boolean;
  readonly summary: string;
  read(app: string, operations: Operations): Promise<Facts>;
  /** With it the command takes `--global`, for what holds for the host. */
  readGlobal?(operations: Operations): Promise<Facts>;
}

interface Report {
  /** `Global` for the host. */
  readonly app: string;
  readonly facts: Facts;
}

/** The shape that all of Dokku's `X:report [<app>] [<flag>]` have. */
export function defineReport(definition: ReportDefinition): Command {
  const name = `${definition.group}:report`;
  return defineCommand({
    name,
    effect: "reads",
    summary: definition.summary,
    input: { app: optional(appName), flags: many(text) },
    positionals: ["app"],
    otherFlags: "flags",
    run: async ({ app, flags: given }, { operations }): Promise<Report[]> => {
      const flags = infoFlags(definition, given);
      if (flags.length > 1) throw new UserError("invalid-usage", `${name} command allows only a single flag`);
      if (definition.readGlobal !== undefined && flags.length < given.length) {
        return [{ app: "Global", facts: await definition.readGlobal(operations) }];
      }
      const apps = app === undefined ? (await operations.listApps()).map((found) => found.name) : [app];
      return Promise.all(apps.map(async (each) => ({ app: each, facts: await definition.read(each, operations) })));
    },
    present: (reports, out, { flags: given }) => {
      const [flag] = infoFlags(definition, given);
      for (const report of reports)
        flag === undefined ? printAll(definition, report, out) : printOne(report, flag, out);
    },
    json: (reports, { app, flags: given }) => {
      const flags = infoFlags(definition, given);
      if (flags.length > 0) {
        throw new UserError("invalid-usage", "--format flag cannot be specified when specifying an info flag");
      }
      const all = reports.map((report): [string, Facts] => [report.app, jsonKeys(definition, report.facts)]);
      const isOne = app !== undefined || flags.length < given.length;
      return isOne ? all[0]?.[1] : Object.fromEntries(all);
    },
  });
}

/** Without `--global`, which says what to report about, where the report knows it. */
function infoFlags({ readGlobal }: ReportDefinition, flags: readonly string[]): readonly string[] {
  return readGlobal === undefined ? flags : flags.filter((flag) => flag !== "--global");
}

/** The three lines that Dokku's reports have for each property. */
export function propertyFacts(prefix: string, key: string, value: PropertyValue): Facts {
  return {
    [`${prefix}-${key}`]: value.raw,
    [`${prefix}-computed-${key}`]: value.computed,
    [`${prefix}-global-${key}`]: value.global,
  };
}

/** Those of several properties. */
export async function reportProperties(
  operations: Operations,
  app: string,
  prefix: string,
  named: readonly (readonly [string, PropertyKey])[],
): Promise<Facts> {
  const facts = named.map(async ([name, key]) => propertyFacts(prefix, name, await operations.property({ app, key })));
  return Object.assign({}, ...(await Promise.all(facts)));
}

function printAll({ title }: ReportDefinition, { app, facts }: Report, out: Output): void {
  out.heading(`${app} ${title} information`);
  const keys = Object.keys(facts).sort();
  const width = Math.max(31, ...keys.map((key) => key.length + 2));
  for (const key of keys) out.detail(`${`${labelOf(key)}:`.padEnd(width)}${facts[key]}`);
}

/** `app-created-at` -> `App created at` */
function labelOf(key: string): string {
  return key.replaceAll(/[-.]/g, " ").replace(/^./, (letter) => letter.toUpperCase());
}

function printOne({ facts }: Report, flag: string, out: Output): void {
  const value = facts[flag.slice(2)];
  if (value === undefined) {
    const valid = Object.keys(facts)
      .sort()
      .map((key) => `--${key}`);
    throw new UserError("invalid-flag", `Invalid flag passed, valid flags: ${valid.join(", ")}`, {
      exitCode: exitCodes.failure,
    });
  }
  out.text(value);
}

function jsonKeys({ prefix, keepPrefixed }: ReportDefinition, facts: Facts): Facts {
  const found: Record<string, string> = keepPrefixed ? { ...facts } : {};
  for (const [key, value] of Object.entries(facts))
    found[key.startsWith(prefix) ? key.slice(prefix.length) : key] = value;
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
