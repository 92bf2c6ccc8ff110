import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const domainsReset = defineCommand({
  name: "domains:reset",
  effect: "destroys",
  summary: "Let an app answer under its names below the global domains only, as a new one does",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.resetDomains({ app }),
  present: (_result, out, { app }) => out.step(`Reset domains in ${app}`),
});
