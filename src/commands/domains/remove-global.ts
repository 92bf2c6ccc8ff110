import { defineCommand } from "../command.ts";
import { presentChanges } from "../domain-changes.ts";
import { many, text } from "../input.ts";

export const domainsRemoveGlobal = defineCommand({
  name: "domains:remove-global",
  effect: "destroys",
  summary: "Take global domains away",
  input: { domains: many(text, 1) },
  positionals: ["domains"],
  labels: { domains: "domain" },
  run: ({ domains }, { operations }) => operations.removeGlobalDomains(domains),
  present: (results, out) =>
    presentChanges(
      results,
      out,
      (domain) => `Removed ${domain}`,
      (domain) => `${domain} is not a global domain`,
    ),
});
