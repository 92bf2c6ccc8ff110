import { globSource } from "../../lib/glob.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly keeps: boolean;
}

/**
 * Whether a path is left out of the build's context, by the rules of Docker's .dockerignore: patterns from the root, `*` and
 * `?` within a folder, `**` over folders, `!` takes one back, and of several that fit the last counts.
 */
export function parseDockerignore(text: string): (path: string) => boolean {
  const rules = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap(readRule);
  return (path) => {
    let ignored = false;
    for (const { pattern, keeps } of rules) if (pattern.test(path)) ignored = !keeps;
    return ignored;
  };
}

function readRule(line: string): Rule[] {
  if (line.startsWith("#")) return [];
  const text = line.trim();
  const keeps = text.startsWith("!");
  const glob = text
    .slice(keeps ? 1 : 0)
    .trim()
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
  if (glob === "") return [];
  try {
    // What lies below a folder that fits goes with it.
    return [{ pattern: new RegExp(`^${globSource(glob)}(?:/.*)?$`, "s"), keeps }];
  } catch {
    return [];
  }
}
