import { columns } from "../lib/columns.ts";
import type { Progress } from "../model/progress.ts";
import { createProgressPrinter } from "../model/progress-printer.ts";

/** Where `present` and the operations' progress print. Warnings go to standard error, the rest to standard output. */
export interface Output extends Progress {
  readonly quiet: boolean;
  /** Whether a person sees it: colours make sense. */
  readonly terminal: boolean;
  /** One line of the result, as it is. */
  text(line: string): void;
  /** `=====> ` over a list or report; left out with `--quiet`. */
  heading(text: string): void;
  /** `-----> ` over a list; left out with `--quiet`. */
  subheading(text: string): void;
  /** Rows in columns, each line after seven spaces where `indented`. */
  table(rows: readonly (readonly string[])[], indented?: boolean): void;
}

export interface OutputOptions {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly quiet: boolean;
  readonly terminal: boolean;
}

export function createOutput({ stdout, stderr, quiet, terminal }: OutputOptions): Output {
  const printer = createProgressPrinter(stdout);
  const text = (line: string): void => stdout(`${line}\n`);
  return {
    quiet,
    terminal,
    text,
    step: (line) => printer.step(line),
    headline: (line) => printer.headline(line),
    detail: (line) => printer.detail(line),
    line: (line) => printer.line(line),
    warn: (line) => createProgressPrinter(stderr).warn(line),
    heading: (line) => {
      if (!quiet) printer.headline(line);
    },
    subheading: (line) => {
      if (!quiet) printer.step(line);
    },
    table: (rows, indented = false) => {
      for (const line of columns(rows)) indented ? printer.detail(line) : text(line);
    },
  };
}
