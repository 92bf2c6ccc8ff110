import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const psStop = defineCommand({
  name: "ps:stop",
  summary: "Stop all dynos of an app",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations, job }) => operations.stop({ app }, job),
});
