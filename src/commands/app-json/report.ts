import { defineReport, reportProperties } from "../report.ts";

export const appJsonReport = defineReport({
  group: "app-json",
  title: "app-json",
  prefix: "app-json-",
  keepPrefixed: true,
  summary: "Show where one app, or all, have their app.json",
  read: (app, operations) => reportProperties(operations, app, "app-json", [["appjson-path", "app-json.appjson-path"]]),
});
