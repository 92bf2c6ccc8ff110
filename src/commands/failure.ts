import { randomBytes } from "node:crypto";
import type { Logger } from "../lib/logger.ts";
import { knownError } from "../model/full-disk.ts";
import type { Progress } from "../model/progress.ts";
import { explain } from "../model/progress-printer.ts";

/** 128 + SIGINT, as shells have it. */
export const interruptedCode = 130;

/** Whether the work ended because its caller wanted it to. */
export function isInterruption(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"));
}

/** Says what went wrong and returns the exit code. What is no UserError is a bug: logged, shown as an id to look up. */
export function reportFailure(error: unknown, errors: Progress, logger: Logger): number {
  const known = knownError(error);
  if (known !== undefined) {
    explain(known, errors);
    return known.exitCode;
  }
  const errorId = randomBytes(4).toString("hex");
  logger.error({ err: error, errorId }, "command failed unexpectedly");
  errors.warn(`Something went wrong inside Berth. Its log tells more: look for error ${errorId}`);
  return 1;
}
