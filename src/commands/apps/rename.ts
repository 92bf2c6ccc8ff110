import { defineCommand } from "../command.ts";
import { appName, text } from "../input.ts";

export const appsRename = defineCommand({
  name: "apps:rename",
  effect: "changes",
  summary: "Give an app another name",
  input: { app: appName, name: text },
  positionals: ["app", "name"],
  labels: { name: "new-name" },
  run: async ({ app, name }, { operations, job }) => {
    await operations.requireApp({ app });
    job.progress.step(`Renaming ${app} to ${name}...`);
    return operations.renameApp({ app, name }, job);
  },
});
