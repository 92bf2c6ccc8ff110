import { defineCommand } from "../command.ts";
import { choice, text } from "../input.ts";

export const sshKeysSet = defineCommand({
  name: "ssh-keys:set",
  effect: "changes",
  summary: "Set whether a key may add and remove keys",
  input: { key: text, property: choice("property", ["admin"]), value: choice("value", ["true", "false"]) },
  positionals: ["key", "property", "value"],
  labels: { key: "name|fingerprint", property: "admin", value: "true|false" },
  run: ({ key, value }, { operations, caller }) =>
    operations.setKeyAdmin({ nameOrFingerprint: key, admin: value === "true" }, caller.identity),
  present: ({ name, admin }, out) => out.headline(`Setting admin to ${admin} for key ${name}`),
});
