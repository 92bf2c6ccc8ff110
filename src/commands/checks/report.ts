import { defineReport, reportProperties } from "../report.ts";

export const checksReport = defineReport({
  group: "checks",
  title: "checks",
  prefix: "checks-",
  keepPrefixed: false,
  summary: "Show how new dynos of one app, or of all, are checked",
  read: (app, operations) => reportProperties(operations, app, "checks", [["timeout", "checks.timeout"]]),
});
