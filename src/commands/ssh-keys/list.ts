import { UserError } from "../../model/errors.ts";
import { defineCommand } from "../command.ts";
import { optional, text } from "../input.ts";

// What Dokku shows here: the same holds for every key of Berth.
const allowed = "no-agent-forwarding,no-user-rc,no-X11-forwarding,no-port-forwarding";

export const sshKeysList = defineCommand({
  name: "ssh-keys:list",
  summary: "List the public keys that may log in",
  input: { name: optional(text) },
  positionals: ["name"],
  run: async ({ name }, { operations }) => {
    const keys = await operations.listKeys();
    const found = name === undefined ? keys : keys.filter((key) => key.name === name);
    if (name !== undefined && found.length === 0) throw new UserError("key-missing", `There is no key named ${name}`);
    return found;
  },
  present: (keys, out) => {
    if (keys.length === 0) out.warn("No public keys found");
    for (const key of keys) out.text(`${key.fingerprint} NAME="${key.name}" SSHCOMMAND_ALLOWED_KEYS="${allowed}"`);
  },
  json: (keys) =>
    keys.map(({ fingerprint, name, publicKey, createdAt }) => ({
      fingerprint,
      name,
      SSHCOMMAND_ALLOWED_KEYS: allowed,
      "public-key": publicKey,
      "created-at": new Date(createdAt).toISOString(),
    })),
});
