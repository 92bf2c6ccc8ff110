import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const repoPurgeCache = defineCommand({
  name: "repo:purge-cache",
  effect: "destroys",
  summary: "Throw away what an app's builds have kept for the next one",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.purgeCache({ app }),
  present: (_, out, { app }) => out.step(`Purged the build cache of ${app}`),
});
