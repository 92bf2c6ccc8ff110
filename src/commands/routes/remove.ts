import { shownDomain } from "../../model/domain.ts";
import { defineCommand } from "../command.ts";
import { text } from "../input.ts";

export const routesRemove = defineCommand({
  name: "routes:remove",
  effect: "destroys",
  summary: "Take a route away that routes:add made",
  input: { host: text },
  positionals: ["host"],
  run: ({ host }, { operations }) => operations.removeRoute({ domain: host }),
  present: ({ domain, url }, out) => out.step(`No longer leading ${shownDomain(domain)} to ${url}`),
});
