import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const buildpacksClear = defineCommand({
  name: "buildpacks:clear",
  effect: "destroys",
  summary: "Take all buildpacks away from an app: the next build finds out by itself",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.changeBuildpacks({ app, change: { kind: "clear" } }),
  present: () => undefined,
});
