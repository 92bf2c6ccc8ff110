import { defineCommand } from "../command.ts";
import { appName, many, text } from "../input.ts";

export const domainsRemove = defineCommand({
  name: "domains:remove",
  summary: "Take domains away from an app",
  input: { app: appName, domains: many(text, 1) },
  positionals: ["app", "domains"],
  labels: { domains: "domain" },
  run: ({ app, domains }, { operations }) => operations.removeDomains({ app, domains }),
  present: (results, out, { app }) => {
    for (const { domain, changed } of results) {
      out.step(changed ? `Removed ${domain} from ${app}` : `Skipping: ${domain} is not a domain of ${app}`);
    }
  },
});
