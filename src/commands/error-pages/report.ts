import { defineReport } from "../report.ts";

export const errorPagesReport = defineReport({
  group: "error-pages",
  title: "error pages",
  prefix: "error-pages-",
  keepPrefixed: false,
  summary: "Show for which errors an app, all of them, or with --global the host, have pages of their own",
  read: async (app, operations) => ({
    "error-pages-app": (await operations.errorPages({ app })).join(" "),
    "error-pages-global": (await operations.errorPages({ app: undefined })).join(" "),
  }),
  readGlobal: async (operations) => ({
    "error-pages-global": (await operations.errorPages({ app: undefined })).join(" "),
  }),
});
