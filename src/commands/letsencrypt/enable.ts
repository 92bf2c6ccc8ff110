import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const letsencryptEnable = defineCommand({
  name: "letsencrypt:enable",
  effect: "changes",
  summary: "Get a certificate for all domains of an app now, and a new one before it expires",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations, job }) => operations.enableLetsencrypt({ app }, job),
});
