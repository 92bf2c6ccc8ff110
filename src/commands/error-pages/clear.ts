import { defineCommand } from "../command.ts";
import { appName, flag, text, unless } from "../input.ts";

export const errorPagesClear = defineCommand({
  name: "error-pages:clear",
  effect: "destroys",
  summary: "Go back to Berth's own page for an error",
  input: { app: unless("global", appName), code: text, global: flag },
  positionals: ["app", "code"],
  options: { global: { flags: "--global", summary: "The page for all apps" } },
  run: ({ app, code }, { operations }) => operations.clearErrorPage({ app, code }),
  present: (cleared, out, { code }) =>
    out.step(cleared ? `Cleared the page for ${code}` : `Skipping: there is no page for ${code}`),
});
