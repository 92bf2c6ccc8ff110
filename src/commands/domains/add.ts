import { defineCommand } from "../command.ts";
import { presentChanges } from "../domain-changes.ts";
import { appName, many, text } from "../input.ts";

export const domainsAdd = defineCommand({
  name: "domains:add",
  effect: "changes",
  summary: "Let an app answer under more domains: names, *.names, or names with the beginning of a path",
  input: { app: appName, domains: many(text, 1) },
  positionals: ["app", "domains"],
  labels: { domains: "domain" },
  run: ({ app, domains }, { operations }) => operations.addDomains({ app, domains }),
  present: (results, out, { app }) =>
    presentChanges(
      results,
      out,
      (domain) => `Added ${domain} to ${app}`,
      (domain) => `${domain} already added to ${app}`,
    ),
});
