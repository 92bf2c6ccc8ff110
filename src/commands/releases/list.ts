import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const releasesList = defineCommand({
  name: "releases:list",
  effect: "reads",
  aliases: ["releases"],
  summary: "List the releases of an app, newest first",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.releases({ app }),
  present: ({ releases, current }, out, { app }) => {
    if (releases.length === 0) return out.warn(`App ${app} has no releases yet`);
    out.heading(`${app} releases`);
    const rows = releases
      .toReversed()
      .map((release) => [
        `v${release.version}`,
        release.id === current?.id ? "current" : "",
        time(release.createdAt),
        release.createdBy,
        release.description,
      ]);
    out.table(out.quiet ? rows : [["Release", "", "Created", "By", "What"], ...rows]);
  },
  json: ({ releases, current }) =>
    releases.toReversed().map(({ id, version, description, createdBy, createdAt, commit, image, processTypes }) => ({
      version,
      current: id === current?.id,
      description,
      "created-by": createdBy,
      "created-at": new Date(createdAt).toISOString(),
      commit: commit ?? null,
      image,
      "process-types": processTypes,
    })),
});

function time(at: number): string {
  return new Date(at)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
}
