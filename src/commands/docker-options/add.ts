import { defineCommand } from "../command.ts";
import { buildPhase, optionText } from "../docker-phases.ts";
import { appName, many, text } from "../input.ts";

export const dockerOptionsAdd = defineCommand({
  name: "docker-options:add",
  effect: "changes",
  summary: "Add an option to an app's image builds, such as --build-arg NAME=VALUE",
  input: { app: appName, phase: buildPhase, option: many(text, 1) },
  positionals: ["app", "phase", "option"],
  passThrough: true,
  run: async ({ app, option }, { operations }) => operations.addBuildOption({ app, option: optionText(option) }),
});
