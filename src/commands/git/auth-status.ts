import { UserError } from "../../model/errors.ts";
import { defineCommand } from "../command.ts";
import { gitPassword } from "../git-password.ts";
import { optional, text } from "../input.ts";

/** Dokku's: tools tell by them what git:auth with the same words would do. */
const exitCodes = { same: 0, missing: 1, different: 2, invalid: 3 } as const;

export const gitAuthStatus = defineCommand({
  name: "git:auth-status",
  effect: "reads",
  summary: "Exit 0 if git:auth would change nothing, else 1 or 2",
  input: { host: text, username: optional(text), password: optional(text) },
  positionals: ["host", "username", "password"],
  usageExitCode: exitCodes.invalid,
  run: async ({ host, username, password: given }, { operations, caller }) => {
    const password = username === undefined ? undefined : await gitPassword(given, caller);
    if (username !== undefined && password === undefined) {
      throw new UserError("missing-argument", "Missing password to compare with", {
        hint: `Give it on standard input, or type: git:auth-status ${host} ${username} PASSWORD`,
        exitCode: exitCodes.invalid,
      });
    }
    const set = await operations.gitCredentials.password(host);
    return { host, user: set?.user, status: compare(set, { user: username, password }) };
  },
  present: ({ host, user, status }, out) => {
    if (user === undefined) out.heading(`There is no git auth config for ${host}`);
    else if (status === "same") out.heading(`${host} is asked as ${user}`);
    else out.heading(`${host} is asked as ${user}, which differs from what was given`);
  },
  exitCode: ({ status }) => exitCodes[status],
});

interface Entry {
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** Without a user the wish is that there is no entry. */
function compare(set: Entry | undefined, wanted: Entry): "same" | "missing" | "different" {
  if (wanted.user === undefined) return set === undefined ? "same" : "different";
  if (set === undefined) return "missing";
  return set.user === wanted.user && set.password === wanted.password ? "same" : "different";
}
