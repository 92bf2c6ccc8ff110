import { defineCommand } from "../command.ts";

export const domainsClearGlobal = defineCommand({
  name: "domains:clear-global",
  effect: "destroys",
  summary: "Take all global domains away: apps answer to their own domains only",
  input: {},
  run: async (_input, { operations }) => {
    await operations.setGlobalDomains([]);
  },
  present: (_result, out) => out.step("Cleared global domains"),
});
