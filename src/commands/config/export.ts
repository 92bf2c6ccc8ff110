import { columns } from "../../lib/columns.ts";
import type { ConfigVars } from "../../model/app.ts";
import { defineCommand } from "../command.ts";
import { appName, choice, optional } from "../input.ts";
import { singleQuoted } from "../single-quoted.ts";

const formats = {
  exports: (vars) => each(vars, (key, value) => `export ${key}=${singleQuoted(value)}`),
  envfile: (vars) => each(vars, (key, value) => `${key}="${escapeForEnvfile(value)}"`),
  shell: (vars) => [each(vars, (key, value) => `${key}=${singleQuoted(value)}`).join(" ")],
  json: (vars) => [JSON.stringify(vars)],
  "json-list": (vars) => [JSON.stringify(Object.entries(vars).map(([name, value]) => ({ name, value })))],
  pretty: (vars) => columns(Object.entries(vars).map(([key, value]) => [`${key}:`, value])),
  "docker-args": (vars) => [each(vars, (key, value) => `--env=${key}=${singleQuoted(value)}`).join(" ")],
  "docker-args-keys": (vars) => [each(vars, (key) => `--env=${key}`).join(" ")],
  "pack-keys": (vars) => [each(vars, (key) => `--env ${key}`).join(" ")],
} satisfies Record<string, (vars: ConfigVars) => string[]>;

const formatNames = Object.keys(formats) as (keyof typeof formats)[];

export const configExport = defineCommand({
  name: "config:export",
  effect: "reads",
  summary: "Print the config vars for another program to read",
  input: { app: appName, format: optional(choice("format", formatNames)) },
  positionals: ["app"],
  options: { format: { flags: "--format <format>", summary: `One of ${formatNames.join(", ")}` } },
  run: ({ app }, { operations }) => operations.config({ app }),
  present: (vars, out, { format }) => {
    for (const line of formats[format ?? "exports"](vars)) out.text(line);
  },
});

function each(vars: ConfigVars, print: (key: string, value: string) => string): string[] {
  return Object.entries(vars).map(([key, value]) => print(key, value));
}

// What dotenv libraries undo between double quotes.
function escapeForEnvfile(value: string): string {
  return value
    .replaceAll(/[\\"$`]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
}
