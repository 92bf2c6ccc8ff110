import { parseYaml } from "../../lib/yaml.ts";
import type { ProcessTypes } from "../../model/app.ts";
import { messageOf, UserError } from "../../model/errors.ts";
import { isProcessType } from "../../model/names.ts";
import { parseProcfile } from "../../model/procfile.ts";

export interface BuildResult {
  readonly buildpack: string;
  readonly processTypes: ProcessTypes;
  /** Key of the parts that are not in the app but in its base; undefined where it has none. */
  readonly base: string | undefined;
}

/**
 * What the build image says of a finished build: lines `buildpack: NAME`, `procfile: BASE64`, `release: BASE64`, `base: KEY`. The
 * Procfile's process types win over the buildpack's defaults. Throws `invalid-procfile`, and `build-failed` for a
 * buildpack whose bin/release prints what cannot be read.
 */
export function parseResult(text: string): BuildResult {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, key, value] = /^(buildpack|procfile|release|base): (.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value.trim());
  }
  const buildpack = values.get("buildpack");
  if (buildpack === undefined) throw new Error("The build image ended well but gave no result");
  const defaults = defaultProcessTypes(decode(values.get("release")), buildpack);
  const base = values.get("base");
  return { buildpack, base, processTypes: { ...defaults, ...parseProcfile(decode(values.get("procfile"))) } };
}

/** Of a build that failed: the kernel killed a process of it, whatever its tools made of that. */
export function saysOutOfMemory(text: string): boolean {
  return /^out-of-memory: yes$/m.test(text);
}

function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString("utf8");
}

/** From bin/release's YAML: `default_process_types` (Buildpack API). */
function defaultProcessTypes(yaml: string, buildpack: string): ProcessTypes {
  const types = readYaml(yaml, buildpack)?.default_process_types ?? {};
  if (typeof types !== "object" || Array.isArray(types)) throw unreadable(buildpack, "default_process_types");
  const entries = Object.entries(types);
  for (const [name, command] of entries) {
    if (!isProcessType(name) || typeof command !== "string") throw unreadable(buildpack, `process type '${name}'`);
  }
  return Object.fromEntries(entries);
}

function readYaml(yaml: string, buildpack: string): { default_process_types?: unknown } | undefined {
  try {
    const value = parseYaml(yaml);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    throw unreadable(buildpack, messageOf(error));
  }
}

function unreadable(buildpack: string, reason: string): UserError {
  return new UserError(
    "build-failed",
    `Buildpack ${buildpack}: its bin/release printed what cannot be read: ${reason}`,
  );
}
