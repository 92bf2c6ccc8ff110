import { defineCommand } from "../command.ts";
import { appName, flag, text, unless } from "../input.ts";

export const errorPagesShow = defineCommand({
  name: "error-pages:show",
  effect: "reads",
  summary: "Show the page that was set for an error",
  input: { app: unless("global", appName), code: text, global: flag },
  positionals: ["app", "code"],
  options: { global: { flags: "--global", summary: "The page for all apps" } },
  run: ({ app, code }, { operations }) => operations.errorPage({ app, code }),
  present: (page, out) => out.text(page.replace(/\n$/, "")),
});
