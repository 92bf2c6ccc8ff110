import { defineStream } from "../command.ts";
import { appName, optional, text } from "../input.ts";

export const buildsOutput = defineStream({
  name: "builds:output",
  effect: "reads",
  summary: "Show what a build has printed, and of one that is under way what it prints",
  input: { app: appName, id: optional(text) },
  positionals: ["app", "id"],
  labels: { id: "build-id|current" },
  run: ({ app, id }, { operations, job }) => operations.buildOutput({ app, id, signal: job.signal }),
  present: (line, out) => out.text(line),
});
