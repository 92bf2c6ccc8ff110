import { shownDomain } from "../../model/domain.ts";
import { defineCommand } from "../command.ts";
import { many, text } from "../input.ts";

export const domainsSetGlobal = defineCommand({
  name: "domains:set-global",
  effect: "changes",
  summary: "Make these the global domains, and no others",
  input: { domains: many(text, 1) },
  positionals: ["domains"],
  labels: { domains: "domain" },
  run: async ({ domains }, { operations }) => {
    await operations.setGlobalDomains(domains);
    return operations.globalDomains();
  },
  present: (domains, out) => out.step(`Set ${domains.map(shownDomain).join(" ")}`),
});
