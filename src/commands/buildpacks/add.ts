import { buildpack, buildpackIndex, indexOption } from "../buildpack-words.ts";
import { defineCommand } from "../command.ts";
import { appName, optional } from "../input.ts";

export const buildpacksAdd = defineCommand({
  name: "buildpacks:add",
  effect: "changes",
  summary: "Build an app with one more buildpack: the last, or at a place of the list",
  input: { app: appName, buildpack, index: optional(buildpackIndex) },
  positionals: ["app", "buildpack"],
  options: indexOption,
  run: ({ app, buildpack, index }, { operations }) =>
    operations.changeBuildpacks({ app, change: { kind: "add", buildpacks: [buildpack], position: index } }),
  present: () => undefined,
});
