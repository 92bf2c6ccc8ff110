import { defineReport, propertyFacts } from "../report.ts";

export const proxyReport = defineReport({
  group: "proxy",
  title: "proxy",
  prefix: "proxy-",
  keepPrefixed: true,
  summary: "Show how the router serves one app, or all",
  read: async (app, operations) =>
    propertyFacts("proxy", "https-redirect", await operations.property({ app, key: "proxy.https-redirect" })),
});
