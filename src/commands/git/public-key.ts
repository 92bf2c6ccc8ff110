import { UserError } from "../../model/errors.ts";
import { defineCommand } from "../command.ts";

export const gitPublicKey = defineCommand({
  name: "git:public-key",
  effect: "reads",
  summary: "Show the public key with which this host logs in to git servers",
  input: {},
  run: async (_, { operations }) => {
    const key = await operations.gitCredentials.publicKey();
    if (key !== undefined) return key;
    throw new UserError("key-missing", "This host has no deploy key", { hint: "Make one: git:generate-deploy-key" });
  },
  present: (key, out) => out.text(key),
});
