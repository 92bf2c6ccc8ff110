import { defineCommand } from "../command.ts";
import { appName, flag, many, text } from "../input.ts";

export const configUnset = defineCommand({
  name: "config:unset",
  effect: "destroys",
  summary: "Remove config vars and restart the app without them",
  input: { app: appName, keys: many(text, 1, "At least one key must be given"), restart: flag },
  positionals: ["app", "keys"],
  labels: { keys: "key" },
  options: { restart: { flags: "--no-restart", summary: "Remove them without a restart; ps:restart brings it" } },
  run: async ({ app, keys, restart }, { operations, job, quiet }) => {
    await operations.requireApp({ app });
    if (!quiet) for (const key of keys) job.progress.step(`Unsetting ${key}`);
    return operations.unsetConfig({ app, keys, restart }, job);
  },
});
