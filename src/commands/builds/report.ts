import { defineReport, reportProperties } from "../report.ts";

export const buildsReport = defineReport({
  group: "builds",
  title: "builds",
  prefix: "builds-",
  keepPrefixed: true,
  summary: "Show what builds of one app, or of all, may use",
  read: (app, operations) =>
    reportProperties(operations, app, "builds", [
      ["cpus", "builds.cpus"],
      ["memory", "builds.memory"],
      ["retention", "builds.retention"],
      ["timeout-seconds", "builds.timeout-seconds"],
    ]),
});
