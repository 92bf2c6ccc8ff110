import { type Node, type SourceFile, SyntaxKind } from "typescript/unstable/ast";
import * as is from "typescript/unstable/ast/is";
import { createVirtualFileSystem } from "typescript/unstable/fs";
import { API } from "typescript/unstable/sync";

export interface Import {
  /** As it is written; undefined where it is computed. */
  readonly specifier: string | undefined;
  readonly line: number;
  /** `type`: gone when the program runs. `lazy`: an `import()`. */
  readonly kind: "type" | "static" | "lazy" | "re-export";
}

export interface GlobalUse {
  readonly name: "process.env" | "console";
  readonly line: number;
}

export interface Source {
  /** Below src/. */
  readonly path: string;
  readonly imports: readonly Import[];
  readonly globals: readonly GlobalUse[];
}

const disk = createVirtualFileSystem({});
let compiler: API | undefined;
let projects = 0;

/**
 * What the files (path -> text) import and use, read from the syntax trees of TypeScript's own parser: text in comments
 * and strings does not count, and no way of writing an import is missed.
 */
export function readSources(files: Readonly<Record<string, string>>): Source[] {
  // One for all calls: it ends with this process, and to end it earlier makes it print an error now and then.
  compiler ??= new API({ cwd: "/", fs: disk });
  const root = `/project-${++projects}`;
  for (const [path, text] of Object.entries(files)) disk.writeFile?.(`${root}/${path}`, text);
  const config = { files: Object.keys(files), compilerOptions: { noResolve: true, noLib: true, types: [] } };
  disk.writeFile?.(`${root}/tsconfig.json`, JSON.stringify(config));
  const project = compiler.updateSnapshot({ openProject: `${root}/tsconfig.json` }).getProject(`${root}/tsconfig.json`);
  return Object.keys(files).map((path) => {
    const tree = project?.program.getSourceFile(`${root}/${path}`);
    if (tree === undefined) throw new Error(`${path} was not parsed`);
    return readSource(path, tree);
  });
}

function readSource(path: string, tree: SourceFile): Source {
  const imports: Import[] = [];
  const globals: GlobalUse[] = [];
  const visit = (node: Node): void => {
    const line = tree.text.slice(0, node.end).split("\n").length;
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, line });
    const global = globalOf(node);
    if (global !== undefined) globals.push({ name: global, line });
    node.forEachChild(visit);
  };
  visit(tree);
  return { path, imports, globals };
}

function importOf(node: Node): Omit<Import, "line"> | undefined {
  if (is.isImportDeclaration(node)) {
    const kind = node.importClause?.phaseModifier === SyntaxKind.TypeKeyword ? "type" : "static";
    return { specifier: textOf(node.moduleSpecifier), kind };
  }
  if (is.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { specifier: textOf(node.moduleSpecifier), kind: "re-export" };
  }
  if (is.isImportTypeNode(node)) {
    return { specifier: is.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : undefined, kind: "type" };
  }
  return is.isCallExpression(node) ? callOf(node.expression, node.arguments[0]) : undefined;
}

/** `import()`; `require()` and `require.resolve()` with a literal, as createRequire gives them. */
function callOf(callee: Node, argument: Node | undefined): Omit<Import, "line"> | undefined {
  const specifier = argument && textOf(argument);
  if (callee.kind === SyntaxKind.ImportKeyword) return { specifier, kind: "lazy" };
  const isResolve = is.isPropertyAccessExpression(callee) && callee.name.text === "resolve";
  const required = isResolve ? callee.expression : callee;
  return isNamed(required, "require") && specifier !== undefined ? { specifier, kind: "static" } : undefined;
}

function textOf(node: Node): string | undefined {
  return is.isStringLiteral(node) || is.isNoSubstitutionTemplateLiteral(node) ? node.text : undefined;
}

function globalOf(node: Node): GlobalUse["name"] | undefined {
  if (isNamed(node, "console") && !isMemberName(node)) return "console";
  if (is.isPropertyAccessExpression(node) && node.name.text === "console") {
    return isNamed(node.expression, "globalThis") ? "console" : undefined;
  }
  return readsEnvironment(node) ? "process.env" : undefined;
}

function readsEnvironment(node: Node): boolean {
  // process.env, globalThis.process.env
  if (is.isPropertyAccessExpression(node)) return node.name.text === "env" && isProcess(node.expression);
  // process["env"]
  if (is.isElementAccessExpression(node))
    return textOf(node.argumentExpression) === "env" && isProcess(node.expression);
  // const { env } = process
  if (is.isVariableDeclaration(node)) {
    return node.initializer !== undefined && isProcess(node.initializer) && bindsEnv(node.name);
  }
  // import { env } from "node:process"
  return is.isImportDeclaration(node) && textOf(node.moduleSpecifier) === "node:process" && importsEnv(node);
}

function isProcess(node: Node): boolean {
  return isNamed(node, "process") || (is.isPropertyAccessExpression(node) && node.name.text === "process");
}

function bindsEnv(name: Node): boolean {
  if (!is.isObjectBindingPattern(name)) return false;
  return name.elements.some((element) => isNamed(element.propertyName ?? element.name, "env"));
}

function importsEnv(node: Node): boolean {
  let found = false;
  node.forEachChild((child) => {
    found ||= is.isImportSpecifier(child) ? isNamed(child.propertyName ?? child.name, "env") : importsEnv(child);
  });
  return found;
}

function isNamed(node: Node | undefined, name: string): boolean {
  return node !== undefined && is.isIdentifier(node) && node.text === name;
}

/** Whether it names a member and is no variable: `this.console`, `{ console: 1 }`. In `{ console }` it is both. */
function isMemberName(node: Node): boolean {
  return "name" in node.parent && node.parent.name === node && !is.isShorthandPropertyAssignment(node.parent);
}
