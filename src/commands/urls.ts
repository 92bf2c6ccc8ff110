import { defineCommand } from "./command.ts";
import { appName } from "./input.ts";

export const urls = defineCommand({
  name: "urls",
  effect: "reads",
  summary: "List the addresses of an app",
  input: { app: appName },
  positionals: ["app"],
  run: async ({ app }, { operations }) => (await operations.appReport({ app })).urls,
  present: (addresses, out) => {
    for (const address of addresses) out.text(address);
  },
  json: (addresses) => addresses,
});
