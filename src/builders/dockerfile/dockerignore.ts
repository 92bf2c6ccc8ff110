import { globMatcher } from "../../lib/glob.ts";
import { UserError } from "../../model/errors.ts";

interface Rule {
  readonly fits: (path: string) => boolean;
  readonly keeps: boolean;
}

// All patterns are held against all paths while the daemon has other things to do.
const longest = 32 * 1024;

/**
 * Whether a path is left out of the build's context, by the rules of Docker's .dockerignore: patterns from the root, `*` and
 * `?` within a folder, `**` over folders, `!` takes one back, and of several that fit the last counts. Throws
 * `dockerignore-too-long`.
 */
export function parseDockerignore(text: string): (path: string) => boolean {
  if (text.length > longest) {
    throw new UserError("dockerignore-too-long", `.dockerignore has more than ${longest / 1024} kB`, {
      hint: "Name folders in it, or give it patterns, in place of single files",
    });
  }
  const rules = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap(readRule);
  return (path) => {
    let ignored = false;
    for (const { fits, keeps } of rules) if (fits(path)) ignored = !keeps;
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
    return [{ fits: globMatcher(glob, { below: true }), keeps }];
  } catch {
    return [];
  }
}
