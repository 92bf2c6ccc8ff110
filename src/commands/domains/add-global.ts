import { defineCommand } from "../command.ts";
import { presentChanges } from "../domain-changes.ts";
import { many, text } from "../input.ts";

export const domainsAddGlobal = defineCommand({
  name: "domains:add-global",
  effect: "changes",
  summary: "Let every app answer under APP.DOMAIN for more domains",
  input: { domains: many(text, 1) },
  positionals: ["domains"],
  labels: { domains: "domain" },
  run: ({ domains }, { operations }) => operations.addGlobalDomains(domains),
  present: (results, out) =>
    presentChanges(
      results,
      out,
      (domain) => `Added ${domain}`,
      (domain) => `${domain} is a global domain already`,
    ),
});
