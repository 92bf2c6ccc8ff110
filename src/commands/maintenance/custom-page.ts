import { defineCommand } from "../command.ts";
import { appName, optional, text } from "../input.ts";
import { readPage } from "../page-input.ts";

export const maintenanceCustomPage = defineCommand({
  name: "maintenance:custom-page",
  effect: "changes",
  summary: "Set an app's page for maintenance, in HTML on standard input; the same as error-pages:set APP H80",
  input: { app: appName, path: optional(text) },
  positionals: ["app", "path"],
  run: async ({ app, path }, { operations, caller }) => {
    await operations.setErrorPage({ app, code: "H80", page: await readPage(path, caller) });
  },
  present: (_result, out, { app }) => out.step(`Set the maintenance page of ${app}`),
});
