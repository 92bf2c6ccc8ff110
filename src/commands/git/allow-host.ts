import { defineCommand } from "../command.ts";
import { text } from "../input.ts";

export const gitAllowHost = defineCommand({
  name: "git:allow-host",
  effect: "changes",
  summary: "Trust the ssh keys that a git server has now",
  input: { host: text },
  positionals: ["host"],
  run: ({ host }, { operations }) => operations.gitCredentials.allowHost(host),
  present: (fingerprints, out, { host }) => {
    out.heading(`${host} is trusted from now on, by these keys:`);
    for (const line of fingerprints) out.detail(line);
  },
  json: (fingerprints) => fingerprints,
});
