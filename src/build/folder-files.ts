import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type IgnoreRules, parseGitignore } from "../lib/gitignore.ts";

/**
 * Paths of the files and links in a folder, in an order that is always the same. What git would not push is not there:
 * `.git` itself and, with `gitignore`, what the files of that name leave out, those of the folders above included.
 */
export async function folderFiles(folder: string, { gitignore }: { gitignore: boolean }): Promise<string[]> {
  const files: string[] = [];
  const ignored = gitignore ? await rulesAbove(resolve(folder)) : [];
  await walk({ folder, gitignore, files }, "", ignored);
  return files;
}

interface Walk {
  readonly folder: string;
  readonly gitignore: boolean;
  readonly files: string[];
}

async function walk(state: Walk, prefix: string, above: readonly IgnoreRules[]): Promise<void> {
  const entries = await readdir(join(state.folder, prefix), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const hasRules = state.gitignore && entries.some((entry) => entry.name === ".gitignore" && entry.isFile());
  const rules = hasRules ? [...above, await rulesOf(state, prefix)] : above;
  for (const entry of entries) {
    const path = `${prefix}${entry.name}`;
    if (entry.name === ".git" || isIgnored(rules, path, entry)) continue;
    if (entry.isDirectory()) await walk(state, `${path}/`, rules);
    else if (entry.isFile() || entry.isSymbolicLink()) state.files.push(path);
  }
}

/** The nearest file that says anything of the path has the word. */
function isIgnored(rules: readonly IgnoreRules[], path: string, entry: Dirent): boolean {
  for (const rule of rules.toReversed()) {
    const verdict = rule(path, entry.isDirectory());
    if (verdict !== undefined) return verdict;
  }
  return false;
}

async function rulesOf({ folder }: Walk, prefix: string): Promise<IgnoreRules> {
  const rules = parseGitignore(await readFile(join(folder, prefix, ".gitignore"), "utf8"));
  return (path, isFolder) => rules(path.slice(prefix.length), isFolder);
}

/** What the rest of the repository that the folder is in has to say; nothing where it is in none. */
async function rulesAbove(folder: string): Promise<IgnoreRules[]> {
  const found: IgnoreRules[] = [];
  let below = "";
  for (let at = folder; ; at = dirname(at)) {
    if (at !== folder) {
      const prefix = below;
      const text = await readFile(join(at, ".gitignore"), "utf8").catch(() => "");
      const rules = parseGitignore(text);
      found.unshift((path, isFolder) => rules(`${prefix}${path}`, isFolder));
    }
    if (await isThere(join(at, ".git"))) return found;
    if (dirname(at) === at) return [];
    below = `${basename(at)}/${below}`;
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
