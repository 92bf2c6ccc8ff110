import type { Logger } from "../lib/logger.ts";
import type { Operations } from "../operations/operations.ts";
import { interruptedCode, isInterruption, reportFailure } from "./failure.ts";
import { helpText, versionText } from "./help.ts";
import { createOutput, errorPrinter } from "./output.ts";
import { perform } from "./perform.ts";
import { parse } from "./program.ts";
import type { Execute, Session } from "./session.ts";

export interface ExecuteOptions {
  readonly operations: Operations;
  readonly logger: Logger;
  readonly version: string;
}

/** The one way from words to operations, for every door. */
export function createExecute(options: ExecuteOptions): Execute {
  return async (words, session) => {
    const logger = options.logger.child({ actor: session.actor });
    try {
      return await run(words, session, { ...options, logger });
    } catch (error) {
      if (isInterruption(error, session.signal)) return interruptedCode;
      return reportFailure(error, errorPrinter(session.stderr), logger);
    }
  };
}

async function run(
  words: readonly string[],
  session: Session,
  { operations, logger, version }: ExecuteOptions,
): Promise<number> {
  const invocation = parse(words);
  if (invocation.kind === "command") {
    // Not the words: they hold secrets.
    logger.info({ command: invocation.command.name }, "command");
    return await perform(invocation, session, operations);
  }
  const text = invocation.kind === "help" ? helpText(invocation.topic, session.local) : versionText(version);
  createOutput(session, false).line(text);
  return 0;
}
