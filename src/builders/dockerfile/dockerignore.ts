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
    return [{ pattern: new RegExp(`^${source(glob)}(?:/.*)?$`, "s"), keeps }];
  } catch {
    return [];
  }
}

function source(glob: string): string {
  let result = "";
  for (let at = 0; at < glob.length; at++) {
    const char = glob.charAt(at);
    if (glob.startsWith("**/", at)) {
      result += "(?:.*/)?";
      at += 2;
    } else if (glob.startsWith("**", at)) {
      result += ".*";
      at += 1;
    } else if (char === "*") result += "[^/]*";
    else if (char === "?") result += "[^/]";
    else if (char === "[") {
      const end = glob.indexOf("]", at + 2);
      if (end < 0) throw new SyntaxError("A bracket has no end");
      result += glob.slice(at, end + 1);
      at = end;
    } else {
      if (char === "\\" && at + 1 < glob.length) at += 1;
      result += glob.charAt(at).replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    }
  }
  return result;
}
