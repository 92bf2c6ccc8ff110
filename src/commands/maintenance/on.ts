import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const maintenanceOn = defineCommand({
  name: "maintenance:on",
  effect: "changes",
  aliases: ["maintenance:enable"],
  summary: "Show visitors of an app that it is down for maintenance; its dynos go on",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.setProperty({ app, key: "maintenance.enabled", value: "true" }),
  present: (_result, out, { app }) => out.step(`Enabled maintenance mode for ${app}`),
});
