import { defineReport, propertyFacts } from "../report.ts";

export const appJsonReport = defineReport({
  group: "app-json",
  title: "app-json",
  prefix: "app-json-",
  keepPrefixed: true,
  summary: "Show where one app, or all, have their app.json",
  read: async (app, operations) =>
    propertyFacts("app-json", "appjson-path", await operations.property({ app, key: "app-json.appjson-path" })),
});
