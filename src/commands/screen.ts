import type { Writable } from "node:stream";
import type { Progress } from "../model/progress.ts";
import { createProgressPrinter } from "../model/progress-printer.ts";
import { createOutput, type Output } from "./output.ts";
import type { Session } from "./session.ts";

/** Where a command's text appears: knows how the caller's terminal wants its line ends. */
export interface Screen {
  /** True where the caller sends keys, not lines. */
  readonly raw: boolean;
  /** For what went wrong: all on standard error. */
  readonly errors: Progress;
  output(quiet: boolean): Output;
  /** From now on the terminal is raw, whatever it was. */
  makeRaw(): void;
}

export function createScreen(session: Session): Screen {
  const terminal = session.terminal !== undefined;
  // A terminal over ssh is raw from the start: nobody but us makes "\r\n" of "\n".
  let raw = terminal && session.client === undefined;
  const printTo = (stream: Writable) => (text: string) =>
    writeIfOpen(stream, raw ? text.replaceAll("\n", "\r\n") : text);
  const stdout = printTo(session.stdout);
  const stderr = printTo(session.stderr);
  return {
    get raw() {
      return raw;
    },
    errors: createProgressPrinter(stderr),
    output: (quiet) => createOutput({ stdout, stderr, quiet, terminal }),
    makeRaw: () => {
      session.client?.makeRaw();
      raw = true;
    },
  };
}

/** A caller that has gone closes its streams: that is no error of the command's. */
export function writeIfOpen(stream: Writable, text: string): void {
  if (stream.writable) stream.write(text);
}
