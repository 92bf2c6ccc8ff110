import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const appsCreate = defineCommand({
  name: "apps:create",
  effect: "changes",
  summary: "Create an app",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.createApp({ name: app }),
  present: (app, out) => out.step(`Creating ${app.name}...`),
});
