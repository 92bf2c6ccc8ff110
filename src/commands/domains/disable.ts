import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const domainsDisable = defineCommand({
  name: "domains:disable",
  effect: "changes",
  summary: "Let an app answer to none of its domains, and keep them",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.enableDomains({ app, enabled: false }),
  present: (_result, out, { app }) => out.step(`Disabled domains for ${app}`),
});
