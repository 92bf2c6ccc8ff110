import { nearest } from "../lib/nearest.ts";
import { UserError } from "../model/errors.ts";
import { environmentName, settingList } from "./schema.ts";

/** A value as the user wrote it, and where: "in /etc/berth.yml, line 3". */
export interface Written {
  readonly text: string;
  readonly where: string;
}

export type WrittenSettings = ReadonlyMap<string, Written>;

/** `--name value` and `--name=value`. Anything else is refused. */
export function fromFlags(words: readonly string[]): WrittenSettings {
  const found = new Map<string, Written>();
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const [, name, inline] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (name === undefined) throw new UserError("unexpected-argument", `Unexpected argument: ${word}`, { exitCode: 2 });
    if (!settingList.has(name)) throw unknownSetting(`--${name}`, name, "on the command line", (known) => `--${known}`);
    const text = inline ?? words[++index];
    if (text === undefined) {
      throw new UserError("invalid-setting", `--${name} needs a value: ${allowedFor(name)}`, { exitCode: 2 });
    }
    found.set(name, { text, where: `on the command line (--${name})` });
  }
  return found;
}

/** Empty variables count as unset, as everywhere in shells. */
export function fromEnvironment(environment: NodeJS.ProcessEnv): WrittenSettings {
  const found = new Map<string, Written>();
  for (const name of settingList.keys()) {
    const variable = environmentName(name);
    const text = environment[variable];
    if (text) found.set(name, { text, where: `in the environment (${variable})` });
  }
  refuseMisspelt(environment);
  return found;
}

/** What the environment tells other programs too. */
export function inherited(environment: NodeJS.ProcessEnv): WrittenSettings {
  const found = new Map<string, Written>();
  for (const [name, { inherits = [] }] of settingList) {
    const variable = inherits.find((one) => environment[one]);
    const text = variable === undefined ? undefined : environment[variable];
    if (text !== undefined) found.set(name, { text, where: `in the environment (${variable})` });
  }
  return found;
}

// Other programs may have BERTH_ variables of their own: only what looks like one of ours is taken for a mistake.
function refuseMisspelt(environment: NodeJS.ProcessEnv): void {
  const known = new Map([...settingList.keys()].map((name) => [environmentName(name), name]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith("BERTH_") || !text || known.has(variable)) continue;
    const meant = nearest(variable, known.keys());
    if (meant !== undefined) {
      throw new UserError("unknown-setting", `${variable} in the environment is not a setting`, {
        hint: `Did you mean ${meant}?`,
      });
    }
  }
}

export function unknownSetting(
  shown: string,
  name: string,
  where: string,
  show: (known: string) => string = (known) => known,
): UserError {
  const meant = nearest(name, settingList.keys());
  const hint =
    meant === undefined ? `Settings are: ${[...settingList.keys()].join(", ")}` : `Did you mean ${show(meant)}?`;
  return new UserError("unknown-setting", `${shown} ${where} is not a setting`, { hint });
}

export function allowedFor(name: string): string {
  return settingList.get(name)?.rule.allowed ?? "";
}
