import { parse } from "yaml";

// The parser works on the daemon's own thread: this takes it a quarter of a second, ten times as much would hold up everybody.
const longest = 128 * 1024;

/** The value of a YAML text from outside. Throws an Error with a message for people. */
export function parseYaml(text: string): unknown {
  if (text.length > longest) throw new Error(`it is longer than ${longest / 1024} kB`);
  // To look for a key that is there twice takes the square of their number.
  return parse(text, { merge: true, uniqueKeys: false, logLevel: "error" });
}
