import { UserError } from "../../model/errors.ts";
import { buildpackIndex, indexOption } from "../buildpack-words.ts";
import { defineCommand } from "../command.ts";
import { appName, optional, text } from "../input.ts";

export const buildpacksRemove = defineCommand({
  name: "buildpacks:remove",
  effect: "destroys",
  summary: "Take a buildpack away from an app",
  input: { app: appName, buildpack: optional(text), index: optional(buildpackIndex) },
  positionals: ["app", "buildpack"],
  options: indexOption,
  run: ({ app, buildpack, index }, { operations }) =>
    operations.changeBuildpacks({ app, change: { kind: "remove", which: whichOf(buildpack, index) } }),
  present: (removed, out) => {
    for (const buildpack of removed) out.subheading(`Removing ${buildpack}`);
  },
});

function whichOf(buildpack: string | undefined, index: number | undefined): string | number {
  if (buildpack && index !== undefined) {
    throw new UserError("invalid-usage", "Please choose either index or Buildpack, but not both");
  }
  const which = index ?? (buildpack || undefined);
  if (which !== undefined) return which;
  throw new UserError("missing-argument", "Must specify a buildpack to remove, either by index or URL");
}
