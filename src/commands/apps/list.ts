import { defineCommand } from "../command.ts";

export const appsList = defineCommand({
  name: "apps:list",
  effect: "reads",
  summary: "List all apps",
  input: {},
  run: (_, { operations }) => operations.listApps(),
  present: (apps, out) => {
    if (apps.length === 0) return out.warn("You haven't deployed any applications yet");
    out.heading("My Apps");
    for (const app of apps) out.text(app.name);
  },
  json: (apps) => apps.map((app) => app.name),
});
