import { defineReport, propertyFacts } from "../report.ts";

const keys = ["cpus", "memory", "retention", "timeout-seconds"] as const;

export const buildsReport = defineReport({
  group: "builds",
  title: "builds",
  prefix: "builds-",
  keepPrefixed: true,
  summary: "Show what builds of one app, or of all, may use",
  read: async (app, operations) => {
    const facts = keys.map(async (key) =>
      propertyFacts("builds", key, await operations.property({ app, key: `builds.${key}` })),
    );
    return Object.assign({}, ...(await Promise.all(facts)));
  },
});
