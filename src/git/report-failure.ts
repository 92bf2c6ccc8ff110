import { randomBytes } from "node:crypto";
import type { Logger } from "../lib/logger.ts";
import { exitCodes, UserError } from "../model/errors.ts";
import type { Progress } from "../model/progress.ts";
import { explain } from "../model/progress-printer.ts";

/** Tells the client what went wrong, and the log what the client cannot mend. Returns the exit code. */
export function reportFailure(
  error: unknown,
  progress: Progress,
  { logger, app, signal }: { logger: Logger; app: string; signal: AbortSignal },
): number {
  if (error instanceof UserError) {
    logger.info({ app, code: error.code, reason: error.message }, "push or fetch refused");
    explain(error, progress);
    return error.exitCode;
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
