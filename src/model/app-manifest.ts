import { randomBytes } from "node:crypto";
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import type { ConfigVars, Formation } from "./app.ts";
import { UserError } from "./errors.ts";
import { checkConfigKey, isProcessType } from "./names.ts";

/** What an app.json says of how its app is to be deployed. */
export interface AppManifest {
  readonly env: Readonly<Record<string, ManifestVar>>;
  /** Only types with a quantity. */
  readonly formation: Formation;
  /** In their order: a name, a path or a URL. */
  readonly buildpacks: readonly string[];
  readonly scripts: {
    /** `scripts.dokku.predeploy`: in the new image, which keeps what it leaves behind. */
    readonly predeploy: string | undefined;
    /** `scripts.dokku.postdeploy`: once the release serves. */
    readonly postdeploy: string | undefined;
    /** `scripts.postdeploy`: before the first release of the app serves, and never again. */
    readonly firstDeploy: string | undefined;
  };
  /** Keys that ask for something and are passed over: `cron`, `formation.web.size`. */
  readonly ignored: readonly string[];
}

export interface ManifestVar {
  readonly value: string | undefined;
  readonly required: boolean;
  /** A random value is made where the app has none. */
  readonly generated: boolean;
  /** The value of the file wins over the app's own at each deploy. */
  readonly sync: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Comments and trailing commas are allowed, as Dokku allows them. Throws `invalid-app-manifest`. */
export function parseAppManifest(text: string, path: string): AppManifest {
  const problems: ParseError[] = [];
  const found = read(text, problems, path);
  const [problem] = problems;
  if (problem !== undefined) {
    const line = text.slice(0, problem.offset).split("\n").length;
    throw new UserError("invalid-app-manifest", `${path} line ${line}: ${wordsOf(printParseErrorCode(problem.error))}`);
  }
  const fields = object(found, path, "the file");
  const scripts = object(fields.scripts ?? {}, path, "scripts");
  const dokku = object(scripts.dokku ?? {}, path, "scripts.dokku");
  return {
    env: mapOf(fields.env, path, "env", manifestVar),
    formation: formationOf(fields.formation, path),
    buildpacks: buildpacksOf(fields.buildpacks, path),
    scripts: {
      predeploy: script(dokku.predeploy, path, "scripts.dokku.predeploy"),
      postdeploy: script(dokku.postdeploy, path, "scripts.dokku.postdeploy"),
      firstDeploy: script(scripts.postdeploy, path, "scripts.postdeploy"),
    },
    ignored: ignoredKeys(fields),
  };
}

// What describes the app to people and sites.
const descriptions =
  "$schema name description keywords logo repository website success_url contributors license author version".split(
    " ",
  );
const understood = ["env", "formation", "buildpacks", "scripts", ...descriptions];

/** Of fields that are known to be well-formed. */
function ignoredKeys(fields: Fields): string[] {
  const { dokku = {}, ...scripts } = (fields.scripts ?? {}) as Fields;
  const formation = Object.entries((fields.formation ?? {}) as Record<string, Fields>);
  return [
    ...without(fields, understood),
    ...formation.flatMap(([type, entry]) => without(entry, ["quantity"]).map((key) => `formation.${type}.${key}`)),
    ...without(scripts, ["postdeploy"]).map((key) => `scripts.${key}`),
    ...without(dokku as Fields, ["predeploy", "postdeploy"]).map((key) => `scripts.dokku.${key}`),
  ];
}

function without(fields: Fields, known: readonly string[]): string[] {
  return Object.keys(fields).filter((key) => !known.includes(key));
}

/** `CloseBraceExpected` -> `close brace expected` */
function wordsOf(code: string): string {
  return code.replace(/\B[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

function read(text: string, problems: ParseError[], path: string): unknown {
  try {
    return parse(text.replace(/^\uFEFF/, ""), problems, { allowTrailingComma: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid(path, "it is nested too deeply");
  }
}

/** What the file adds to the app's config vars. Throws `config-var-required` with all that are missing. */
export function missingVars(env: AppManifest["env"], present: ConfigVars): ConfigVars {
  const added: Record<string, string> = {};
  const without: string[] = [];
  for (const [name, { value, required, generated, sync }] of Object.entries(env)) {
    const has = Object.hasOwn(present, name);
    if (value !== undefined && (!has || (sync && present[name] !== value))) added[name] = value;
    else if (has) continue;
    else if (generated) added[name] = randomBytes(32).toString("hex");
    else if (required) without.push(name);
  }
  if (without.length === 0) return added;
  const names = without.join(", ");
  throw new UserError("config-var-required", `app.json requires ${names}, and the app has no value for it`, {
    hint: `Set it, and push again: config:set APP ${without.map((name) => `${name}=VALUE`).join(" ")}`,
  });
}

function manifestVar(found: unknown, path: string, name: string): ManifestVar {
  if (typeof found === "string") return { value: found, required: true, generated: false, sync: false };
  const fields = object(found, path, name);
  const { value, required = true, generator, sync = false } = fields;
  if (value !== undefined && typeof value !== "string") throw invalid(path, `${name}.value must be a string`);
  if (typeof required !== "boolean") throw invalid(path, `${name}.required must be true or false`);
  if (generator !== undefined && generator !== "secret") {
    throw invalid(path, `${name}.generator must be "secret"`);
  }
  return { value, required, generated: generator === "secret", sync: sync === true };
}

function formationOf(found: unknown, path: string): Formation {
  const quantities = mapOf(found, path, "formation", (entry, file, name) => object(entry, file, name).quantity);
  const formation: Record<string, number> = {};
  for (const [type, quantity] of Object.entries(quantities)) {
    if (!isProcessType(type)) throw invalid(path, `formation.${type} does not name a process type`);
    if (quantity === undefined) continue;
    if (typeof quantity !== "number" || !Number.isInteger(quantity) || quantity < 0 || quantity > 1000) {
      throw invalid(path, `formation.${type}.quantity must be a whole number from 0 to 1000`);
    }
    formation[type] = quantity;
  }
  return formation;
}

function buildpacksOf(found: unknown, path: string): string[] {
  if (found === undefined) return [];
  if (!Array.isArray(found)) throw invalid(path, 'buildpacks must be a list of { "url": ... }');
  return found.map((entry: unknown, index) => {
    const url = object(entry, path, `buildpacks[${index}]`).url;
    if (typeof url !== "string" || url === "") throw invalid(path, `buildpacks[${index}].url must be a string`);
    return url;
  });
}

function mapOf<T>(
  found: unknown,
  path: string,
  name: string,
  read: (entry: unknown, path: string, name: string) => T,
): Record<string, T> {
  const entries = Object.entries(object(found ?? {}, path, name));
  return Object.fromEntries(
    entries.map(([key, entry]) => {
      if (name === "env") checkConfigKey(key);
      return [key, read(entry, path, `${name}.${key}`)];
    }),
  );
}

function script(found: unknown, path: string, name: string): string | undefined {
  if (found === undefined || found === "") return undefined;
  if (typeof found !== "string") throw invalid(path, `${name} must be a string: a shell command`);
  return found;
}

function object(found: unknown, path: string, name: string): Fields {
  if (typeof found === "object" && found !== null && !Array.isArray(found)) return found as Fields;
  throw invalid(path, `${name} must be an object`);
}

function invalid(path: string, reason: string): UserError {
  return new UserError("invalid-app-manifest", `${path}: ${reason}`);
}
