import { UserError } from "../model/errors.ts";
import type { Author } from "../operations/operations.ts";

/** Who a commit is by, from the two words that Dokku takes for it. */
export function authorOf(name: string | undefined, email: string | undefined): Author | undefined {
  if (name === undefined) return undefined;
  if (email === undefined) throw new UserError("invalid-usage", "A name for the commit needs an email address too");
  // git takes both as they are, into one line of the commit.
  for (const text of [name, email]) {
    if (/[\p{Cc}<>]/u.test(text) || text.trim() === "") throw new UserError("invalid-usage", `Invalid name: '${text}'`);
  }
  return { name, email };
}
