import { shownDomain } from "../../model/domain.ts";
import { defineCommand } from "../command.ts";

export const routesList = defineCommand({
  name: "routes:list",
  effect: "reads",
  summary: "List what is routed: apps, containers that ask for it, routes added by hand, and who wants the same",
  input: {},
  run: (_input, { operations }) => operations.listRoutes(),
  present: ({ routes, clashes }, out) => {
    out.heading("Routes");
    out.table([
      ["HOST", "KIND", "NAME", "ADDRESS"],
      ...routes.map(({ domain, kind, to, address }) => [shownDomain(domain), kind, to, address ?? ""]),
    ]);
    if (clashes.length === 0) return;
    out.heading("Wanted by more than one");
    for (const { domain, winner, loser } of clashes) {
      out.detail(`${shownDomain(domain)} leads to ${winner}, not to ${loser}`);
    }
  },
  json: (list) => list,
});
