import { defineReport } from "../report.ts";

export const domainsReport = defineReport({
  group: "domains",
  title: "domains",
  prefix: "domains-",
  keepPrefixed: false,
  summary: "Show the domains of one app, or of all",
  read: async (app, operations) => {
    const { own, generated, global } = await operations.domains({ app });
    const all = generated === undefined ? own : [...own, generated];
    return {
      "domains-app-enabled": String(all.length > 0),
      "domains-app-vhosts": all.join(" "),
      "domains-global-enabled": String(global !== undefined),
      "domains-global-vhosts": global ?? "",
    };
  },
});
