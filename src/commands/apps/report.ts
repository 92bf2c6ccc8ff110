import { defineReport } from "../report.ts";

export const appsReport = defineReport({
  group: "apps",
  title: "app",
  prefix: "app-",
  keepPrefixed: true,
  summary: "Show what is known of one app, or of all",
  read: async (app, operations) => {
    const { app: found, current, busyWith, urls, directory } = await operations.appReport({ app });
    return {
      "app-created-at": String(Math.floor(found.createdAt / 1000)),
      "app-deploy-source": current?.commit === undefined ? "" : "git",
      "app-deploy-source-metadata": current?.commit ?? "",
      "app-dir": directory,
      "app-locked": String(busyWith !== undefined),
      "app-busy-with": busyWith ?? "",
      "app-release": current === undefined ? "" : `v${current.version}`,
      "app-stopped": String(found.stopped),
      "app-urls": urls.join(" "),
    };
  },
});
