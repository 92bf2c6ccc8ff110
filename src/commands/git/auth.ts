import { UserError } from "../../model/errors.ts";
import { defineCommand } from "../command.ts";
import { gitPassword } from "../git-password.ts";
import { optional, text } from "../input.ts";

export const gitAuth = defineCommand({
  name: "git:auth",
  effect: "changes",
  summary: "Set user name and password for a git server, or forget them",
  input: { host: text, username: optional(text), password: optional(text) },
  positionals: ["host", "username", "password"],
  run: async ({ host, username, password: given }, { operations: { gitCredentials }, caller }) => {
    checkHost(host);
    if (username === undefined) return { host, removed: await gitCredentials.removePassword(host) };
    const password = await gitPassword(given, caller);
    if (password === undefined) {
      throw new UserError("missing-argument", "Missing password for the git auth entry", {
        hint: `Give it on standard input: git:auth ${host} ${username} < FILE; or type: git:auth ${host} ${username} PASSWORD`,
      });
    }
    await gitCredentials.setPassword(host, username, password);
    return { host, removed: undefined };
  },
  present: ({ host, removed }, out) => {
    if (removed === undefined) out.heading(`Setting git auth config for ${host}`);
    else out.heading(removed ? `Removing git auth config for ${host}` : `There was no git auth config for ${host}`);
  },
});

function checkHost(host: string): void {
  if (/^[a-z0-9][a-z0-9.-]*$/i.test(host)) return;
  throw new UserError("invalid-host", `'${host}' is not the name of a host`, { hint: "For example: git.example.com" });
}
