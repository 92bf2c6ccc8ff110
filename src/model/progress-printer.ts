import type { UserError } from "./errors.ts";
import type { Progress } from "./progress.ts";

const indent = " ".repeat(7);

/** Progress as Dokku's users know it. `write` gets whole lines, with their line end. */
export function createProgressPrinter(write: (text: string) => void): Progress {
  const print = (first: string, rest: string) => (text: string) => {
    const lines = text.split(/\r?\n/);
    write(lines.map((line, index) => `${index === 0 ? first : rest}${line}\n`).join(""));
  };
  return {
    step: print("-----> ", indent),
    headline: print("=====> ", indent),
    detail: print(indent, indent),
    warn: print(" !     ", " !     "),
    line: print("", ""),
  };
}

/** How a door shows what the user can mend: what led to it, what it is, what to do next. */
export function explain(error: UserError, progress: Progress): void {
  for (const detail of error.details) progress.detail(detail);
  progress.warn(error.message);
  if (error.hint !== undefined) progress.warn(error.hint);
}

/** The same for a program that ends with it: as text to `write`. Gives the exit code. */
export function explainTo(write: (text: string) => void, error: UserError): number {
  explain(error, createProgressPrinter(write));
  return error.exitCode;
}
