import { defineReport, reportProperties } from "../report.ts";

export const builderDockerfileReport = defineReport({
  group: "builder-dockerfile",
  title: "builder-dockerfile",
  prefix: "builder-dockerfile-",
  keepPrefixed: false,
  summary: "Show where the Dockerfile of one app, or of all, is, and what builds it",
  read: (app, operations) =>
    reportProperties(operations, app, "builder-dockerfile", [
      ["backend", "builder-dockerfile.backend"],
      ["dockerfile-path", "builder-dockerfile.dockerfile-path"],
    ]),
});
