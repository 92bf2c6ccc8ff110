/** Exit codes that a caller may rely on. 20 and 2 are Dokku's (`dokku-interface`, 2.7); the rest of our failures are 1. */
export const exitCodes = { failure: 1, usage: 2, appMissing: 20 } as const;

export interface UserErrorOptions {
  /** What to do next: one sentence, shown on its own line under the message. */
  readonly hint?: string;
  /** Further lines that explain, e.g. the last log lines of a dyno. Shown before the message. */
  readonly details?: readonly string[];
  readonly exitCode?: number;
  readonly cause?: unknown;
}

/**
 * Something the user can mend: bad input, a missing app, a failed build. It carries a stable `code` (kebab-case, never
 * reworded) and is turned into text only at the door. Anything else that is thrown is a bug and is logged with its stack.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly exitCode: number;

  constructor(code: string, message: string, options: UserErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? [];
    this.exitCode = options.exitCode ?? exitCodes.failure;
  }
}

export function appMissing(name: string): UserError {
  return new UserError("app-missing", `App ${name} does not exist`, { exitCode: exitCodes.appMissing });
}

/** The text of anything thrown, for a log field or a reason in a message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
