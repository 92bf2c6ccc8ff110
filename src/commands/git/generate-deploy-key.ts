import { UserError } from "../../model/errors.ts";
import { defineCommand } from "../command.ts";

export const gitGenerateDeployKey = defineCommand({
  name: "git:generate-deploy-key",
  effect: "changes",
  summary: "Make the key with which this host logs in to git servers",
  input: {},
  run: async (_, { operations: { gitCredentials }, force }) => {
    if (!force && (await gitCredentials.publicKey()) !== undefined) {
      throw new UserError("key-exists", "This host has a deploy key, which git servers may know", {
        hint: "See it: git:public-key. To replace it: git:generate-deploy-key --force",
      });
    }
    return gitCredentials.generateKey();
  },
  present: (key, out) => out.text(key),
});
