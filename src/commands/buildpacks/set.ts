import { UserError } from "../../model/errors.ts";
import type { BuildpackChange } from "../../operations/operations.ts";
import { buildpack, buildpackIndex, indexOption } from "../buildpack-words.ts";
import { defineCommand } from "../command.ts";
import { appName, flag, many, optional } from "../input.ts";

export const buildpacksSet = defineCommand({
  name: "buildpacks:set",
  effect: "changes",
  summary: "Put a buildpack in the place of an app's first, or of another; with --replace, of all",
  input: {
    app: appName,
    buildpacks: many(buildpack, 1, "Must specify a buildpack to add"),
    index: optional(buildpackIndex),
    replace: flag,
  },
  positionals: ["app", "buildpacks"],
  labels: { buildpacks: "buildpack" },
  options: { ...indexOption, replace: { flags: "--replace", summary: "These are all that the app has" } },
  run: ({ app, buildpacks, index, replace }, { operations }) =>
    operations.changeBuildpacks({ app, change: changeOf(buildpacks, index, replace) }),
  present: () => undefined,
});

function changeOf(buildpacks: readonly string[], index: number | undefined, replace: boolean): BuildpackChange {
  if (replace && index === undefined) return { kind: "replace", buildpacks };
  if (replace) throw new UserError("invalid-usage", "Please choose either --index or --replace, but not both");
  if (buildpacks.length === 1) return { kind: "set", buildpacks, position: index };
  throw new UserError("invalid-usage", "One buildpack can be set at a time", {
    hint: "With --replace these become all that the app has, in this order",
  });
}
