import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const appsExists = defineCommand({
  name: "apps:exists",
  effect: "reads",
  summary: "Tell with the exit code whether an app exists",
  input: { app: appName },
  positionals: ["app"],
  run: async ({ app }, { operations }) => {
    await operations.requireApp({ app });
  },
});
