import type { Build } from "../../model/build.ts";
import { defineCommand } from "../command.ts";
import { describeBuild } from "../describe-build.ts";
import { appName, choice, optional } from "../input.ts";

const statuses = ["running", "succeeded", "failed", "canceled", "abandoned"] as const;

export const buildsList = defineCommand({
  name: "builds:list",
  effect: "reads",
  summary: "List the builds of one app, or of all, newest first",
  input: {
    app: optional(appName),
    kind: optional(choice("kind", ["build", "deploy"])),
    status: optional(choice("status", statuses)),
  },
  positionals: ["app"],
  options: {
    kind: { flags: "--kind <kind>", summary: "Only of this kind: build or deploy" },
    status: { flags: "--status <status>", summary: `Only with this status: ${statuses.join(", ")}` },
  },
  run: async ({ app, kind, status }, { operations }) => {
    const found = kind === "deploy" ? [] : await operations.builds({ app });
    return found
      .filter(({ build }) => status === undefined || build.status === status)
      .map((each: { app: string; build: Build }) => describeBuild(each.app, each.build, Date.now()));
  },
  present: (builds, out) => {
    const rows = builds.map((build) => [
      build.id,
      build.app,
      build.status,
      `${build["started-at"].slice(0, 19).replace("T", " ")}Z`,
      `${build.seconds} s`,
      build.commit.slice(0, 7),
      build.builder ?? "",
    ]);
    out.table(out.quiet ? rows : [["Build", "App", "Status", "Started", "Time", "Commit", "Builder"], ...rows]);
  },
  json: (builds) => builds,
});
