import { helpText, versionText } from "../commands/help.ts";
import { parse } from "../commands/program.ts";
import { configHelp } from "../config/reference.ts";
import { version } from "../config/version.ts";
import { UserError } from "../model/errors.ts";
import { explainTo } from "../model/progress-printer.ts";

/** Whether the words ask for nothing but help or the version, which need no daemon. */
export function asksForHelp(words: readonly string[]): boolean {
  const [first = "help", second] = words;
  const alone = ["help", "--help", "-h", "version", "--version", "-v"].includes(first) || first.endsWith(":help");
  return alone || (words.length === 2 && (second === "--help" || second === "-h"));
}

/** Prints it; returns the exit code. */
export function printHelp(words: readonly string[]): number {
  if (words[0] === "serve" || (words[0] === "help" && words[1] === "serve")) return print(serveHelp());
  try {
    const invocation = parse(words);
    if (invocation.kind === "version") return print(versionText(version));
    return print(helpText(invocation.kind === "help" ? invocation.topic : undefined, true));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return explainTo((text) => process.stderr.write(text), error);
  }
}

function serveHelp(): string {
  return [
    "Usage: berth serve [--<setting> <value> ...]",
    "",
    "Start Berth in the foreground. It logs to standard error, and says `ready` once it takes pushes and requests.",
    "",
    "Settings (flag, environment variable, default):",
    ...configHelp(),
  ].join("\n");
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
