import { defineCommand } from "../command.ts";
import { ifDeployed } from "../if-deployed.ts";
import { appName } from "../input.ts";

export const psStop = defineCommand({
  name: "ps:stop",
  effect: "changes",
  summary: "Stop all dynos of an app",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations, job }) => ifDeployed(operations.stop({ app }, job), job.progress),
});
