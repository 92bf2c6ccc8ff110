import { defineReport, propertyFacts } from "../report.ts";

export const gitReport = defineReport({
  group: "git",
  title: "git",
  prefix: "git-",
  keepPrefixed: false,
  summary: "Show how pushes to one app, or to all, are taken",
  read: async (app, operations) => {
    const branch = await operations.property({ app, key: "git.deploy-branch" });
    const { current } = await operations.releases({ app });
    return { ...propertyFacts("git", "deploy-branch", branch), "git-sha": current?.commit ?? "" };
  },
});
