import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const configShow = defineCommand({
  name: "config:show",
  effect: "reads",
  aliases: ["config"],
  summary: "Show the config vars of an app",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.config({ app }),
  present: (vars, out, { app }) => {
    out.heading(`${app} env vars`);
    out.table(Object.entries(vars).map(([key, value]) => [`${key}:`, value]));
  },
  json: (vars) => vars,
});
