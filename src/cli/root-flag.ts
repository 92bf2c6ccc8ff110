import { resolve } from "node:path";

/** Takes `--root` out of the flags before the command; what comes after the command's name is the command's. */
export function takeRoot(words: readonly string[]): { readonly root: string | undefined; readonly words: string[] } {
  let root: string | undefined;
  const rest: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (!word.startsWith("-")) return { root, words: [...rest, ...words.slice(index)] };
    const value = word === "--root" || word === "--app" ? (words[++index] ?? "") : undefined;
    if (word === "--root") root = resolve(value ?? "");
    else if (word.startsWith("--root=")) root = resolve(word.slice("--root=".length));
    else rest.push(word, ...(value === undefined ? [] : [value]));
  }
  return { root, words: rest };
}
