import { UserError } from "../../model/errors.ts";
import { defineCommand } from "../command.ts";
import { optional, text } from "../input.ts";

// What Dokku shows here: the same holds for every key of Berth.
const allowed = "no-agent-forwarding,no-user-rc,no-X11-forwarding,no-port-forwarding";

export const sshKeysList = defineCommand({
  name: "ssh-keys:list",
  effect: "reads",
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
    for (const { fingerprint, name, admin } of keys) {
      out.text(`${fingerprint} NAME="${name}" SSHCOMMAND_ALLOWED_KEYS="${allowed}"${admin ? ' ADMIN="true"' : ""}`);
    }
  },
  json: (keys) =>
    keys.map(({ fingerprint, name, publicKey, admin, createdAt }) => ({
      fingerprint,
      name,
      SSHCOMMAND_ALLOWED_KEYS: allowed,
      admin,
      "public-key": publicKey,
      "created-at": new Date(createdAt).toISOString(),
    })),
});
