import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const buildpacksList = defineCommand({
  name: "buildpacks:list",
  effect: "reads",
  summary: "List the buildpacks that an app was given",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.buildpacks({ app }),
  present: (list, out, { app }) => {
    out.subheading(`${app} buildpack urls`);
    for (const buildpack of list) out.detail(buildpack);
  },
});
