import { defineCommand } from "../command.ts";
import { optional, text } from "../input.ts";

export const gitAuthStatus = defineCommand({
  name: "git:auth-status",
  effect: "reads",
  summary: "Say whether a git server has a user name and password, or exactly these",
  input: { host: text, username: optional(text), password: optional(text) },
  positionals: ["host", "username", "password"],
  run: async ({ host, username, password }, { operations }) => {
    const set = await operations.gitCredentials.password(host);
    const fits =
      set !== undefined &&
      (username === undefined || username === set.user) &&
      (password === undefined || password === set.password);
    return { host, user: set?.user, fits };
  },
  present: ({ host, user, fits }, out) => {
    if (user === undefined) out.warn(`There is no git auth config for ${host}`);
    else if (fits) out.heading(`${host} is asked as ${user}`);
    else out.warn(`${host} is asked as ${user}, with another name or password than given here`);
  },
  exitCode: ({ fits }) => (fits ? 0 : 1),
});
