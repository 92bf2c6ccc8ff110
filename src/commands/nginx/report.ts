import { nginxNames } from "../proxy-properties.ts";
import { defineReport, reportProperties } from "../report.ts";

export const nginxReport = defineReport({
  group: "nginx",
  title: "nginx",
  prefix: "nginx-",
  keepPrefixed: false,
  summary: "Show how the router serves one app, or all, under Dokku's names",
  read: (app, operations) =>
    reportProperties(
      operations,
      app,
      "nginx",
      Object.entries(nginxNames).map(([name, [key]]) => [name, key]),
    ),
});
