import { builtinModules } from "node:module";
import { posix } from "node:path";
import { findCycles } from "./cycles.ts";
import { type Import, readSources, type Source } from "./read-sources.ts";
import type { Part, Parts } from "./rules.ts";

export interface Rules {
  readonly parts: Parts;
  readonly packages: Readonly<Record<string, readonly string[]>>;
  readonly outside: Readonly<Record<string, readonly string[]>>;
  readonly globals: Readonly<Record<string, readonly string[]>>;
}

/** What in these files (path below src/ -> text) breaks the rules, a sentence each. */
export function check(files: Readonly<Record<string, string>>, rules: Rules): string[] {
  const sources = readSources(files);
  return [...sources.flatMap((source) => checkSource(source, rules)), ...checkCycles(sources)];
}

function checkSource(source: Source, rules: Rules): string[] {
  const own = partOf(source.path, rules.parts);
  if (own === undefined) return [`src/${source.path} belongs to no part: add its folder to the table of parts`];
  const at = (line: number) => `src/${source.path}:${line}`;
  const barrel = posix.basename(source.path) === "index.ts" ? [`src/${source.path} is named like a barrel`] : [];
  const imports = source.imports.flatMap((one) => {
    const problem = checkImport(one, source, own, rules);
    return problem === undefined ? [] : [`${at(one.line)} ${problem}`];
  });
  const globals = source.globals
    .filter((use) => !rules.globals[use.name]?.includes(own))
    .map((use) => `${at(use.line)} uses ${use.name}, which ${list(rules.globals[use.name])} may`);
  return [...barrel, ...imports, ...globals];
}

function checkImport(one: Import, source: Source, own: string, rules: Rules): string | undefined {
  const { specifier } = one;
  if (specifier === undefined) return "imports a computed name, which cannot be checked";
  if (!specifier.startsWith(".")) return checkPackage(specifier, own, rules.packages);
  if (one.kind === "re-export") return `re-exports ${specifier}: whoever needs it imports it from there`;
  const target = targetOf(source.path, specifier);
  if (rules.outside[target]?.includes(own)) return undefined;
  if (target.startsWith("../")) return `imports ${specifier}, which is not in src`;
  if (!specifier.endsWith(".ts")) return `imports ${specifier} without the ending .ts`;
  return checkDirection(one, target, own, rules.parts);
}

function checkPackage(specifier: string, own: string, packages: Rules["packages"]): string | undefined {
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const allowed = packages[name];
  if (allowed !== undefined) {
    return allowed.includes(own) ? undefined : `imports ${specifier}, which ${list(allowed)} may`;
  }
  const isBuiltin = specifier.startsWith("node:") || builtinModules.includes(name);
  return isBuiltin ? undefined : `imports ${specifier}, which is not in the table of packages`;
}

function checkDirection(one: Import, target: string, own: string, parts: Parts): string | undefined {
  const other = partOf(target, parts);
  const { imports, lazily = [] } = parts[own] as Part;
  if (other === undefined || other === own || imports.includes(other)) return undefined;
  if (!lazily.includes(other)) return `imports src/${target} (${other}), but ${own} may import ${list(imports)}`;
  return one.kind === "static" ? `imports src/${target} at once, but ${own} may do so with import() only` : undefined;
}

function checkCycles(sources: readonly Source[]): string[] {
  const edges = sources.map((source): [string, string[]] => {
    const relative = source.imports.flatMap((one) => (one.specifier?.startsWith(".") ? [one.specifier] : []));
    return [source.path, relative.map((specifier) => targetOf(source.path, specifier))];
  });
  return findCycles(new Map(edges)).map((cycle) => `these import each other: ${cycle.join(" -> ")}`);
}

function partOf(path: string, parts: Parts): string | undefined {
  const has = (file: string) => (file.endsWith("/") ? path.startsWith(file) : path === file);
  return Object.entries(parts).find(([, part]) => part.files.some(has))?.[0];
}

function targetOf(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}

function list(names: readonly string[] = []): string {
  return names.length === 0 ? "nothing" : `only ${names.join(", ")}`;
}
