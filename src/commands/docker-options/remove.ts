import { defineCommand } from "../command.ts";
import { buildPhase, optionText } from "../docker-phases.ts";
import { appName, many, text } from "../input.ts";

export const dockerOptionsRemove = defineCommand({
  name: "docker-options:remove",
  effect: "destroys",
  summary: "Take an option away from an app's image builds",
  input: { app: appName, phase: buildPhase, option: many(text, 1) },
  positionals: ["app", "phase", "option"],
  passThrough: true,
  run: async ({ app, option }, { operations }) => operations.removeBuildOptions({ app, option: optionText(option) }),
});
