import type { Logger } from "../lib/logger.ts";
import type { Operations } from "../operations/operations.ts";
import { interruptedCode, isInterruption, reportFailure } from "./failure.ts";
import { helpText } from "./help.ts";
import { perform } from "./perform.ts";
import { parse } from "./program.ts";
import { createScreen, type Screen } from "./screen.ts";
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
    const screen = createScreen(session);
    try {
      return await run(words, session, screen, { ...options, logger });
    } catch (error) {
      return isInterruption(error, session.signal) ? interruptedCode : reportFailure(error, screen.errors, logger);
    }
  };
}

async function run(
  words: readonly string[],
  session: Session,
  screen: Screen,
  { operations, logger, version }: ExecuteOptions,
): Promise<number> {
  const invocation = parse(words);
  if (invocation.kind === "command") {
    // Not the words: they hold secrets.
    logger.info({ command: invocation.command.name }, "command");
    return await perform(invocation, session, screen, operations);
  }
  const text = invocation.kind === "help" ? helpText(invocation.topic, session.local) : versionText(version);
  screen.output(false).line(text.trimEnd());
  return 0;
}

export function versionText(version: string): string {
  return `berth version ${version}\n`;
}
