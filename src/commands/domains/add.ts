import { defineCommand } from "../command.ts";
import { appName, many, text } from "../input.ts";

export const domainsAdd = defineCommand({
  name: "domains:add",
  summary: "Let an app answer under more domains",
  input: { app: appName, domains: many(text, 1) },
  positionals: ["app", "domains"],
  labels: { domains: "domain" },
  run: ({ app, domains }, { operations }) => operations.addDomains({ app, domains }),
  present: (results, out, { app }) => {
    for (const { domain, changed } of results) {
      out.step(changed ? `Added ${domain} to ${app}` : `Skipping: ${domain} already added to ${app}`);
    }
  },
});
