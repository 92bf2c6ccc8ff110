import { messageOf, UserError } from "./errors.ts";

/** Tools seldom end with a code of their own when the disk is full, but all of them say it. */
export function meansFullDisk(text: string): boolean {
  return /no space left on device|\bENOSPC\b|disk quota exceeded|database or disk is full/i.test(text);
}

/** What can be told to a user as it is; a full disk, too, where nobody has told it as one. Undefined: a bug. */
export function knownError(error: unknown): UserError | undefined {
  if (error instanceof UserError) return error;
  const { stderr = [] } = error as { stderr?: readonly string[] };
  return [messageOf(error), ...stderr].some(meansFullDisk) ? diskFull(error) : undefined;
}

export function diskFull(cause: unknown): UserError {
  return new UserError("disk-full", "A disk of this host is full: this could not be done", {
    hint: "Make room on it and try again. What Berth no longer needs, this removes: cleanup",
    cause,
  });
}
