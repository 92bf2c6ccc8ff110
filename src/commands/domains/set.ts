import { shownDomain } from "../../model/domain.ts";
import { defineCommand } from "../command.ts";
import { appName, many, text } from "../input.ts";

export const domainsSet = defineCommand({
  name: "domains:set",
  effect: "changes",
  summary: "Let an app answer under these domains and no others",
  input: { app: appName, domains: many(text, 1) },
  positionals: ["app", "domains"],
  labels: { domains: "domain" },
  run: ({ app, domains }, { operations }) => operations.setDomains({ app, domains }),
  present: (results, out, { app }) => {
    for (const { domain } of results) out.step(`Set ${shownDomain(domain)} for ${app}`);
  },
});
