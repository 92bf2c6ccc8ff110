import { Mask } from "../lib/mask.ts";
import type { ConfigVars } from "../model/app.ts";
import { maskOf } from "../model/config-secrets.ts";
import { UserError } from "../model/errors.ts";
import { maskError, maskProgress } from "../model/masked-progress.ts";
import type { Progress } from "../model/progress.ts";
import { createProgressPrinter } from "../model/progress-printer.ts";
import type { Context } from "./context.ts";

export interface BuildLog {
  /** Goes to the user and into the stored log. */
  readonly progress: Progress;
  /** From now on the values of these config vars appear in neither. */
  hide(config: ConfigVars, spared: readonly string[]): void;
  /** Notes what the build ended with, and gives it back as the user may see it. */
  failure(error: unknown): unknown;
  close(): void;
}

// One transaction for each line would cost more than the line's build step; a crash may lose this much of the log.
const flushEveryMs = 500;
// What a runaway build prints must not fill the disk. The user still sees all of it.
const longestLog = 8 * 1024 * 1024;

/** Keeps what a build prints while it passes it on. */
export function openBuildLog(context: Context, buildId: string, progress: Progress): BuildLog {
  let pending = "";
  let stored = 0;
  const flush = () => {
    if (pending === "") return;
    const text = pending;
    pending = "";
    try {
      context.store.write((changes) => changes.builds.appendLog(buildId, text));
    } catch (error) {
      // A full disk, mostly. The user has seen the lines, and a release that serves is not to be called a failure for them.
      context.logger.error({ err: error, build: buildId }, "log of a build could not be stored");
    }
  };
  const keep = (text: string) => {
    if (stored > longestLog) return;
    stored += text.length;
    pending += stored > longestLog ? "... the log goes on, but no more of it is kept\n" : text;
  };
  const printer = createProgressPrinter(keep);
  const timer = setInterval(flush, flushEveryMs);
  let mask = new Mask([]);
  const masked = maskProgress(both(progress, printer), () => mask);
  return {
    progress: masked,
    hide(config, spared) {
      mask = maskOf(config, spared);
    },
    failure(found) {
      const error = maskError(found, mask);
      masked.end();
      if (!(error instanceof UserError)) return error;
      for (const line of error.details) printer.line(line);
      printer.warn(error.message);
      return error;
    },
    close() {
      masked.end();
      clearInterval(timer);
      flush();
    },
  };
}

function both(first: Progress, second: Progress): Progress {
  const tee = (method: keyof Progress) => (text: string) => {
    first[method](text);
    second[method](text);
  };
  return { step: tee("step"), headline: tee("headline"), detail: tee("detail"), warn: tee("warn"), line: tee("line") };
}
