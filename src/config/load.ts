import { existsSync } from "node:fs";
import { UserError } from "../model/errors.ts";
import { fromFile } from "./file.ts";
import { pathsBelow } from "./paths.ts";
import { refuseSharedPorts } from "./ports.ts";
import { type Setting, type Settings, settingList } from "./schema.ts";
import { fromEnvironment, fromFlags, inherited, type Written, type WrittenSettings } from "./sources.ts";

const systemCertificates = "/etc/ssl/certs/ca-certificates.crt";

/**
 * The settings in force: flags, else environment, else file, else default. `words` are the arguments after `serve`.
 * Throws UserError that names place, key, value and what is allowed, or two settings that contradict each other.
 */
export async function loadSettings(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Settings> {
  const outer = layered(fromFlags(words), fromEnvironment(environment));
  const { root, config } = resolveAll(outer);
  const file = await fromFile(config ?? pathsBelow(root).configFile, config !== undefined);
  const settings = resolveAll(layered(outer, layered(file, inherited(environment))));
  refuseSharedPorts(settings);
  return { ...settings, caFile: settings.caFile ?? (existsSync(systemCertificates) ? systemCertificates : undefined) };
}

function layered(upper: WrittenSettings, lower: WrittenSettings): WrittenSettings {
  return new Map([...lower, ...upper]);
}

function resolveAll(written: WrittenSettings): Settings {
  const entries = [...settingList].map(([name, setting]) => [
    camelCase(name),
    resolve(name, setting, written.get(name)),
  ]);
  // Every name of the schema was gone through with its own rule: that is what the type says.
  return Object.fromEntries(entries) as Settings;
}

function resolve(name: string, setting: Setting<unknown>, written: Written | undefined): unknown {
  const text = written?.text ?? setting.default ?? setting.fallback?.value();
  if (text === undefined) return undefined;
  const value = setting.rule.parse(text);
  if (value !== undefined) return value;
  throw new UserError(
    "invalid-setting",
    `${name} ${written?.where ?? "by default"} is '${text}': allowed is ${setting.rule.allowed}`,
  );
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
