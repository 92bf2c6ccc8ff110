import { randomBytes } from "node:crypto";
import type { Logger } from "../lib/logger.ts";
import { exitCodes } from "../model/errors.ts";
import { knownError } from "../model/full-disk.ts";
import type { Progress } from "../model/progress.ts";
import { explain } from "../model/progress-printer.ts";

/** Tells the client what went wrong, and the log what the client cannot mend. Returns the exit code. */
export function reportFailure(
  error: unknown,
  progress: Progress,
  { logger, app, signal }: { logger: Logger; app: string; signal: AbortSignal },
): number {
  const known = knownError(error);
  if (known !== undefined) {
    logger.info({ app, code: known.code, reason: known.message }, "push or fetch refused");
    explain(known, progress);
    return known.exitCode;
  }
  if (signal.aborted && error === signal.reason) {
    logger.info({ app }, "push or fetch cancelled");
    progress.warn("Cancelled");
    return exitCodes.failure;
  }
  const id = randomBytes(4).toString("hex");
  logger.error({ err: error, app, id }, "push or fetch failed");
  progress.warn(`Something went wrong inside Berth; its log has the reason under ${id}`);
  return exitCodes.failure;
}
