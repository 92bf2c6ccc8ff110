type Fits = (char: string) => boolean;

/** One character, any number of them, or a jump over this many tokens, which need not be taken. */
type Token =
  | { readonly kind: "one" | "many"; readonly fits: Fits }
  | { readonly kind: "optional"; readonly tokens: number };

/**
 * Whether a path fits a glob: `*` and `?` within a folder, `**` over folders, `[...]`, and `\` before what is meant as it is.
 * With `below`, what lies below a folder that fits does too. Throws SyntaxError for a bracket without an end.
 */
export function globMatcher(glob: string, { below = false } = {}): (path: string) => boolean {
  const pattern = tokens(glob);
  return (path) => matches(pattern, path, below);
}

/**
 * All places of the pattern that the path can be at, character by character: globs are other people's, and one that is meant
 * to be slow would keep a regular expression busy for hours. This takes no longer than the one's length times the other's.
 */
function matches(pattern: readonly Token[], path: string, below: boolean): boolean {
  let places = new Set<number>();
  enter(places, pattern, 0);
  for (const char of path) {
    if (below && char === "/" && places.has(pattern.length)) return true;
    const next = new Set<number>();
    for (const place of places) {
      const token = pattern[place];
      if (token === undefined || token.kind === "optional" || !token.fits(char)) continue;
      enter(next, pattern, token.kind === "many" ? place : place + 1);
    }
    if (next.size === 0) return false;
    places = next;
  }
  return places.has(pattern.length);
}

/** Adds a place, and those that can be reached from it without a character. */
function enter(places: Set<number>, pattern: readonly Token[], first: number): void {
  const reached = [first];
  for (let place = reached.pop(); place !== undefined; place = reached.pop()) {
    if (places.has(place)) continue;
    places.add(place);
    const token = pattern[place];
    if (token?.kind === "many") reached.push(place + 1);
    if (token?.kind === "optional") reached.push(place + 1, place + 1 + token.tokens);
  }
}

const any: Fits = () => true;
const isSlash: Fits = (char) => char === "/";
const inFolder: Fits = (char) => char !== "/";

function tokens(glob: string): Token[] {
  const result: Token[] = [];
  const one = (fits: Fits): void => void result.push({ kind: "one", fits });
  for (let at = 0; at < glob.length; at++) {
    const char = glob.charAt(at);
    if (glob.startsWith("**/", at)) {
      // Any folders, each with its slash, or none.
      result.push({ kind: "optional", tokens: 2 }, { kind: "many", fits: any }, { kind: "one", fits: isSlash });
      at += 2;
    } else if (glob.startsWith("**", at)) {
      result.push({ kind: "many", fits: any });
      at += 1;
    } else if (char === "*") result.push({ kind: "many", fits: inFolder });
    else if (char === "?") one(inFolder);
    else if (char === "[") {
      const end = glob.indexOf("]", at + 2);
      if (end < 0) throw new SyntaxError("A bracket has no end");
      const set = new RegExp(`^${glob.slice(at, end + 1).replace(/^\[!/, "[^")}$`, "su");
      one((c) => inFolder(c) && set.test(c));
      at = end;
    } else {
      if (char === "\\" && at + 1 < glob.length) at += 1;
      const letter = String.fromCodePoint(glob.codePointAt(at) ?? 0);
      at += letter.length - 1;
      one((c) => c === letter);
    }
  }
  return result;
}
