import { defineReport, propertyFacts } from "../report.ts";

export const checksReport = defineReport({
  group: "checks",
  title: "checks",
  prefix: "checks-",
  keepPrefixed: false,
  summary: "Show how new dynos of one app, or of all, are checked",
  read: async (app, operations) =>
    propertyFacts("checks", "timeout", await operations.property({ app, key: "checks.timeout" })),
});
