import { defineReport, reportProperties } from "../report.ts";

export const routesReport = defineReport({
  group: "routes",
  title: "routes",
  prefix: "routes-",
  keepPrefixed: true,
  summary: "Show how requests are led to one app, or to all",
  read: (app, operations) =>
    reportProperties(operations, app, "routes", [
      ["redirect", "routes.redirect"],
      ["strip-prefix", "routes.strip-prefix"],
    ]),
});
