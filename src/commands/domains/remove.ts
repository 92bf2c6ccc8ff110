import { defineCommand } from "../command.ts";
import { presentChanges } from "../domain-changes.ts";
import { appName, many, text } from "../input.ts";

export const domainsRemove = defineCommand({
  name: "domains:remove",
  effect: "destroys",
  summary: "Take domains away from an app",
  input: { app: appName, domains: many(text, 1) },
  positionals: ["app", "domains"],
  labels: { domains: "domain" },
  run: ({ app, domains }, { operations }) => operations.removeDomains({ app, domains }),
  present: (results, out, { app }) =>
    presentChanges(
      results,
      out,
      (domain) => `Removed ${domain} from ${app}`,
      (domain) => `${domain} is not a domain of ${app}`,
    ),
});
