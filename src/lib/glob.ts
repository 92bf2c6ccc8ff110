/**
 * A glob over paths as the source of a regular expression: `*` and `?` within a folder, `**` over folders, `[...]`, and `\`
 * before what is meant as it is. Throws SyntaxError for a bracket without an end.
 */
export function globSource(glob: string): string {
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
      result += glob.slice(at, end + 1).replace(/^\[!/, "[^");
      at = end;
    } else {
      if (char === "\\" && at + 1 < glob.length) at += 1;
      result += glob.charAt(at).replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    }
  }
  return result;
}
