import { defineReport, reportProperties } from "../report.ts";

export const builderReport = defineReport({
  group: "builder",
  title: "builder",
  prefix: "builder-",
  keepPrefixed: true,
  summary: "Show what builds one app, or all",
  read: (app, operations) =>
    reportProperties(operations, app, "builder", [
      ["selected", "builder.selected"],
      ["build-dir", "builder.build-dir"],
    ]),
});
