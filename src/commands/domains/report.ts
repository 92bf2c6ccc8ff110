import { unicodeDomain } from "../../model/domain.ts";
import { defineReport } from "../report.ts";

export const domainsReport = defineReport({
  group: "domains",
  title: "domains",
  prefix: "domains-",
  keepPrefixed: false,
  summary: "Show the domains of one app, of all, or with --global those of the host",
  read: async (app, operations) => {
    const { own, generated, enabled, global } = await operations.domains({ app });
    const all = [...new Set([...own, ...generated])];
    return {
      "domains-app-enabled": String(enabled && all.length > 0),
      "domains-app-vhosts": all.join(" "),
      ...inUnicode("domains-app-vhosts-unicode", all),
      ...globalFacts(global),
    };
  },
  readGlobal: async (operations) => globalFacts(await operations.globalDomains()),
});

function globalFacts(global: readonly string[]): Record<string, string> {
  return {
    "domains-global-enabled": String(global.length > 0),
    "domains-global-vhosts": global.join(" "),
    ...inUnicode("domains-global-vhosts-unicode", global),
  };
}

/** Only where a name looks different in its own script. */
function inUnicode(key: string, domains: readonly string[]): Record<string, string> {
  const unicode = domains.map(unicodeDomain);
  return unicode.some((domain, index) => domain !== domains[index]) ? { [key]: unicode.join(" ") } : {};
}
