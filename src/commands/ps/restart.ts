import { defineCommand } from "../command.ts";
import { ifDeployed } from "../if-deployed.ts";
import { appName, optional, text } from "../input.ts";

export const psRestart = defineCommand({
  name: "ps:restart",
  effect: "changes",
  summary: "Replace the dynos of an app, or of one process type, by new ones",
  input: { app: appName, processType: optional(text) },
  positionals: ["app", "processType"],
  labels: { processType: "process-type" },
  run: ({ app, processType }, { operations, job }) =>
    ifDeployed(operations.restart({ app, processType }, job), job.progress),
});
