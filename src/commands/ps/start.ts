import { defineCommand } from "../command.ts";
import { ifDeployed } from "../if-deployed.ts";
import { appName } from "../input.ts";

export const psStart = defineCommand({
  name: "ps:start",
  effect: "changes",
  summary: "Start the dynos of a stopped app",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations, job }) => ifDeployed(operations.start({ app }, job), job.progress),
});
