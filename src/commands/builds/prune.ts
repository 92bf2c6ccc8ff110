import { UserError } from "../../model/errors.ts";
import { defineCommand } from "../command.ts";
import { appName, flag, unless } from "../input.ts";

export const buildsPrune = defineCommand({
  name: "builds:prune",
  effect: "destroys",
  summary: "Forget the oldest builds of an app, with their output",
  input: { app: unless("allApps", appName), allApps: flag },
  positionals: ["app"],
  options: { allApps: { flags: "--all-apps", summary: "Of all apps" } },
  run: async ({ app, allApps }, { operations }) => {
    if (app !== undefined && allApps) throw new UserError("invalid-usage", "Name an app or give --all-apps, not both");
    return operations.pruneBuilds({ app });
  },
  present: (count, out) => out.heading(`Forgot ${count} build(s)`),
});
