import { defineReport, propertyFacts } from "../report.ts";

export const buildpacksReport = defineReport({
  group: "buildpacks",
  title: "buildpacks",
  prefix: "buildpacks-",
  keepPrefixed: true,
  summary: "Show the buildpacks of one app, or of all",
  read: async (app, operations) => ({
    ...propertyFacts("buildpacks", "stack", await operations.property({ app, key: "buildpacks.stack" })),
    "buildpacks-list": (await operations.buildpacks({ app })).join(","),
  }),
});
