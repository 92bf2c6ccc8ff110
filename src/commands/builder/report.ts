import { defineReport, propertyFacts } from "../report.ts";

export const builderReport = defineReport({
  group: "builder",
  title: "builder",
  prefix: "builder-",
  keepPrefixed: true,
  summary: "Show what builds one app, or all",
  read: async (app, operations) => ({
    ...propertyFacts("builder", "selected", await operations.property({ app, key: "builder.selected" })),
    ...propertyFacts("builder", "build-dir", await operations.property({ app, key: "builder.build-dir" })),
  }),
});
