import { defineReport, propertyFacts } from "../report.ts";

export const builderDockerfileReport = defineReport({
  group: "builder-dockerfile",
  title: "builder-dockerfile",
  prefix: "builder-dockerfile-",
  keepPrefixed: false,
  summary: "Show where the Dockerfile of one app, or of all, is",
  read: async (app, operations) => {
    const path = await operations.property({ app, key: "builder-dockerfile.dockerfile-path" });
    return propertyFacts("builder-dockerfile", "dockerfile-path", path);
  },
});
