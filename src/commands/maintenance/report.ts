import { defineReport } from "../report.ts";

export const maintenanceReport = defineReport({
  group: "maintenance",
  title: "maintenance",
  prefix: "maintenance-",
  keepPrefixed: false,
  summary: "Show whether one app, or each, is in maintenance mode, and whether it has a page of its own for that",
  read: async (app, operations) => ({
    "maintenance-enabled": (await operations.property({ app, key: "maintenance.enabled" })).computed,
    "maintenance-custom-page": String((await operations.errorPages({ app })).includes("H80")),
  }),
});
