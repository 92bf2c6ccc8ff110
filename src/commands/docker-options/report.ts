import { defineReport } from "../report.ts";

export const dockerOptionsReport = defineReport({
  group: "docker-options",
  title: "docker options",
  prefix: "docker-options-",
  keepPrefixed: true,
  summary: "Show the options of one app's image builds, or of all",
  read: async (app, operations) => ({
    "docker-options-build": (await operations.buildOptions({ app })).join(" "),
    "docker-options-deploy": "",
    "docker-options-run": "",
  }),
});
