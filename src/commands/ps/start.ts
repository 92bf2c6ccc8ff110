import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const psStart = defineCommand({
  name: "ps:start",
  summary: "Start the dynos of a stopped app",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations, job }) => operations.start({ app }, job),
});
