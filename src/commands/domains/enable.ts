import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const domainsEnable = defineCommand({
  name: "domains:enable",
  effect: "changes",
  summary: "Let an app answer to its domains again",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.enableDomains({ app, enabled: true }),
  present: (_result, out, { app }) => out.step(`Enabled domains for ${app}`),
});
