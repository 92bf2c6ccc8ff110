import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const maintenanceOff = defineCommand({
  name: "maintenance:off",
  effect: "changes",
  aliases: ["maintenance:disable"],
  summary: "Let visitors reach an app again",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.setProperty({ app, key: "maintenance.enabled", value: undefined }),
  present: (_result, out, { app }) => out.step(`Disabled maintenance mode for ${app}`),
});
