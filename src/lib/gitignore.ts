import { globMatcher } from "./glob.ts";

/** Whether the rules leave a path out (true) or keep it (false); undefined where none of them is about it. */
export type IgnoreRules = (path: string, isFolder: boolean) => boolean | undefined;

interface Rule {
  readonly fits: (path: string) => boolean;
  readonly keeps: boolean;
  readonly foldersOnly: boolean;
}

/** A .gitignore; paths are relative to its folder. Of several patterns that fit the last counts (gitignore(5)). */
export function parseGitignore(text: string): IgnoreRules {
  const rules = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap(readRule);
  return (path, isFolder) => {
    const last = rules.findLast(({ fits, foldersOnly }) => (isFolder || !foldersOnly) && fits(path));
    return last && !last.keeps;
  };
}

function readRule(line: string): Rule[] {
  if (line.startsWith("#")) return [];
  // A blank that is meant is written with a backslash before it.
  const text = line.replace(/(?<!\\) +$/, "");
  const keeps = text.startsWith("!");
  const glob = keeps ? text.slice(1) : text;
  const path = glob.replace(/\/+$/, "");
  if (path === "") return [];
  // A slash before the end ties the pattern to the folder of the file.
  const tied = path.includes("/") ? path.replace(/^\//, "") : `**/${path}`;
  try {
    return [{ fits: globMatcher(tied), keeps, foldersOnly: path !== glob }];
  } catch {
    return [];
  }
}
