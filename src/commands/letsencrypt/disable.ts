import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const letsencryptDisable = defineCommand({
  name: "letsencrypt:disable",
  effect: "changes",
  summary: "Get no more certificates for an app, and take its present one away",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.disableLetsencrypt({ app }),
  present: (_, out, { app }) => out.step(`Certificates of ${app} are not asked for any more`),
});
