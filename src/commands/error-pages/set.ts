import { defineCommand } from "../command.ts";
import { appName, flag, optional, text, unless } from "../input.ts";
import { readPage } from "../page-input.ts";

export const errorPagesSet = defineCommand({
  name: "error-pages:set",
  effect: "changes",
  summary: "Set the page for an error (H14, 503, unknown-host, ..., or all), in HTML on standard input",
  input: { app: unless("global", appName), code: text, path: optional(text), global: flag },
  positionals: ["app", "code", "path"],
  options: {
    global: { flags: "--global", summary: "For all apps that have no page of their own, and for unknown hosts" },
  },
  run: async ({ app, code, path }, { operations, caller }) => {
    await operations.setErrorPage({ app, code, page: await readPage(path, caller) });
  },
  present: (_result, out, { app, code }) =>
    out.step(`Set the page for ${code} ${app === undefined ? "globally" : `of ${app}`}`),
});
