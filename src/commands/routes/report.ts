import { defineReport, propertyFacts } from "../report.ts";

export const routesReport = defineReport({
  group: "routes",
  title: "routes",
  prefix: "routes-",
  keepPrefixed: true,
  summary: "Show how requests are led to one app, or to all",
  read: async (app, operations) => ({
    ...propertyFacts("routes", "redirect", await operations.property({ app, key: "routes.redirect" })),
    ...propertyFacts("routes", "strip-prefix", await operations.property({ app, key: "routes.strip-prefix" })),
  }),
});
