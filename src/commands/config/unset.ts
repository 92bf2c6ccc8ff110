import { defineCommand } from "../command.ts";
import { appName, flag, many, text } from "../input.ts";

export const configUnset = defineCommand({
  name: "config:unset",
  summary: "Remove config vars and restart the app without them",
  input: { app: appName, keys: many(text, 1, "At least one key must be given"), restart: flag },
  positionals: ["app", "keys"],
  labels: { keys: "key" },
  options: { restart: { flags: "--no-restart", summary: "Only remove them: the next release is without them" } },
  run: async ({ app, keys, restart }, { operations, job }) => {
    await operations.requireApp({ app });
    for (const key of keys) job.progress.step(`Unsetting ${key}`);
    return operations.unsetConfig({ app, keys, restart }, job);
  },
});
