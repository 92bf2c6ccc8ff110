import { defineReport, reportProperties } from "../report.ts";

export const builderDockerfileReport = defineReport({
  group: "builder-dockerfile",
  title: "builder-dockerfile",
  prefix: "builder-dockerfile-",
  keepPrefixed: false,
  summary: "Show where the Dockerfile of one app, or of all, is",
  read: (app, operations) =>
    reportProperties(operations, app, "builder-dockerfile", [
      ["dockerfile-path", "builder-dockerfile.dockerfile-path"],
    ]),
});
