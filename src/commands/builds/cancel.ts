import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const buildsCancel = defineCommand({
  name: "builds:cancel",
  effect: "changes",
  summary: "Cancel the deploy of an app that is under way",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations, job }) => operations.cancelBuild({ app, actor: job.actor }),
  present: (_, out, { app }) => out.heading(`Canceled the build of ${app}`),
});
