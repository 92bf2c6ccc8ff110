import { defineCommand } from "../command.ts";
import { describeBuild } from "../describe-build.ts";
import { appName, text } from "../input.ts";

export const buildsInfo = defineCommand({
  name: "builds:info",
  effect: "reads",
  summary: "Show one build of an app",
  input: { app: appName, id: text },
  positionals: ["app", "id"],
  labels: { id: "build-id" },
  run: async ({ app, id }, { operations }) => describeBuild(app, await operations.build({ app, id }), Date.now()),
  present: (build, out, { app }) => {
    out.heading(`${app} build ${build.id}`);
    for (const [key, value] of Object.entries(build)) {
      out.detail(
        `${`${key.replace("-", " ").replace(/^./, (letter) => letter.toUpperCase())}:`.padEnd(31)}${value ?? ""}`,
      );
    }
  },
  json: (build) => build,
});
