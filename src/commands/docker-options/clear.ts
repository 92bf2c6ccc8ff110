import { defineCommand } from "../command.ts";
import { buildPhase } from "../docker-phases.ts";
import { appName, optional } from "../input.ts";

export const dockerOptionsClear = defineCommand({
  name: "docker-options:clear",
  effect: "destroys",
  summary: "Take all options away from an app's image builds",
  input: { app: appName, phase: optional(buildPhase) },
  positionals: ["app", "phase"],
  run: async ({ app }, { operations }) => operations.removeBuildOptions({ app, option: undefined }),
});
