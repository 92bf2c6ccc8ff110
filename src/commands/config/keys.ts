import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const configKeys = defineCommand({
  name: "config:keys",
  effect: "reads",
  summary: "List the names of an app's config vars",
  input: { app: appName },
  positionals: ["app"],
  run: async ({ app }, { operations }) => Object.keys(await operations.config({ app })),
  present: (keys, out) => {
    for (const key of keys) out.text(key);
  },
  json: (keys) => keys,
});
