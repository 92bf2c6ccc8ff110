import { shownDomain } from "../../model/domain.ts";
import { defineCommand } from "../command.ts";
import { text } from "../input.ts";

export const routesAdd = defineCommand({
  name: "routes:add",
  effect: "changes",
  summary: "Lead requests for a host to an address that is no app",
  input: { host: text, url: text },
  positionals: ["host", "url"],
  run: ({ host, url }, { operations }) => operations.addRoute({ domain: host, url }),
  present: ({ domain, url }, out) => out.step(`Leading ${shownDomain(domain)} to ${url}`),
});
