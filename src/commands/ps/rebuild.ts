import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const psRebuild = defineCommand({
  name: "ps:rebuild",
  effect: "changes",
  summary: "Build and deploy again what an app's repository has",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations, job }) => operations.rebuild({ app }, job),
  present: ({ urls }, out) => {
    out.heading("Application deployed:");
    for (const url of urls) out.detail(url);
  },
});
