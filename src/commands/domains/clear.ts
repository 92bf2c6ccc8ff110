import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const domainsClear = defineCommand({
  name: "domains:clear",
  effect: "destroys",
  summary: "Take all domains away from an app, those under the global domains too",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.clearDomains({ app }),
  present: (_result, out, { app }) => out.step(`Cleared domains in ${app}`),
});
