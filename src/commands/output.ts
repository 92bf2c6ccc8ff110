import type { Writable } from "node:stream";
import { columns } from "../lib/columns.ts";
import type { Progress } from "../model/progress.ts";
import { createProgressPrinter } from "../model/progress-printer.ts";
import type { Session } from "./session.ts";

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
  /** Rows in columns. */
  table(rows: readonly (readonly string[])[]): void;
}

export function createOutput({ stdout, stderr, terminal }: Session, quiet: boolean): Output {
  const printer = createProgressPrinter((text) => writeIfOpen(stdout, text));
  const text = (line: string): void => writeIfOpen(stdout, `${line}\n`);
  return {
    ...printer,
    warn: errorPrinter(stderr).warn,
    quiet,
    terminal: terminal !== undefined,
    text,
    heading: (line) => {
      if (!quiet) printer.headline(line);
    },
    subheading: (line) => {
      if (!quiet) printer.step(line);
    },
    table: (rows) => {
      for (const line of columns(rows)) text(line);
    },
  };
}

export function errorPrinter(stderr: Writable): Progress {
  return createProgressPrinter((text) => writeIfOpen(stderr, text));
}

/** A caller that has gone closes its streams: that is no error of the command's. */
export function writeIfOpen(stream: Writable, text: string): void {
  if (stream.writable) stream.write(text);
}
