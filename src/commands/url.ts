import { UserError } from "../model/errors.ts";
import { defineCommand } from "./command.ts";
import { appName } from "./input.ts";

export const url = defineCommand({
  name: "url",
  effect: "reads",
  summary: "Show the first address of an app",
  input: { app: appName },
  positionals: ["app"],
  run: async ({ app }, { operations }) => {
    const [first] = (await operations.appReport({ app })).urls;
    if (first !== undefined) return first;
    throw new UserError("no-domain", `App ${app} has no address`, { hint: `Give it one: domains:add ${app} DOMAIN` });
  },
  present: (address, out) => out.text(address),
});
