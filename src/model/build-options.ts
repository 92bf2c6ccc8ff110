import { splitWords } from "../lib/shell-words.ts";
import { UserError } from "./errors.ts";

/** What `docker-options:add APP build ...` may say, as `docker build` has it. */
export interface BuildOptions {
  /** Name -> value; undefined: the config var of that name. */
  readonly args: ReadonlyMap<string, string | undefined>;
  /** Id -> name of the config var that has it. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly target: string | undefined;
  readonly platform: string | undefined;
  readonly noCache: boolean;
  readonly pull: boolean;
}

const known =
  "--build-arg NAME[=VALUE], --secret id=ID,env=CONFIG_VAR, --target STAGE, --platform OS/ARCH, --no-cache, --pull";

/** Each text is one option as it was added. Throws `invalid-option`. */
export function parseBuildOptions(texts: readonly string[]): BuildOptions {
  const args = new Map<string, string | undefined>();
  const secrets = new Map<string, string>();
  const result = { target: undefined as string | undefined, platform: undefined as string | undefined };
  let [noCache, pull] = [false, false];
  for (const text of texts) {
    const [name, value] = readOption(text);
    if (name === "--no-cache" && value === "") noCache = true;
    else if (name === "--pull" && value === "") pull = true;
    else if (value === "") throw invalid(text);
    else if (name === "--build-arg") args.set(...pair(value));
    else if (name === "--secret") secrets.set(...readSecret(value, text));
    else if (name === "--target" && /^[\w.-]+$/.test(value)) result.target = value;
    else if (name === "--platform" && /^[a-z0-9]+(\/[a-z0-9]+){0,2}$/.test(value)) result.platform = value;
    else throw invalid(text);
  }
  return { args, secrets, ...result, noCache, pull };
}

function readOption(text: string): [name: string, value: string] {
  const words = wordsOf(text);
  const [first = "", second] = words;
  if (words.length > 2) throw invalid(text);
  if (second !== undefined) return [first, second];
  const [name, value] = pair(first);
  return [name, value ?? ""];
}

function wordsOf(text: string): string[] {
  try {
    return splitWords(text);
  } catch {
    throw invalid(text);
  }
}

function pair(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Only config vars: a file of the host is not the app's to read. */
function readSecret(value: string, text: string): [string, string] {
  const fields = new Map(value.split(",").map(pair));
  const id = fields.get("id");
  const variable = fields.get("env");
  const others = [...fields.keys()].filter((key) => !["id", "env", "type"].includes(key));
  if (!id || !variable || others.length > 0) throw invalid(text);
  return [id, variable];
}

function invalid(text: string): UserError {
  return new UserError("invalid-option", `Builds do not take the option '${text}'`, { hint: `They take: ${known}` });
}
