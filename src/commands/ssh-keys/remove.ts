import { defineCommand } from "../command.ts";
import { flag, text } from "../input.ts";

export const sshKeysRemove = defineCommand({
  name: "ssh-keys:remove",
  effect: "destroys",
  summary: "Shut a public key out, by its name or its SHA256: fingerprint",
  input: { key: text, fingerprint: flag },
  positionals: ["key"],
  labels: { key: "name|fingerprint" },
  options: { fingerprint: { flags: "--fingerprint", summary: "It is a fingerprint; may be written without SHA256:" } },
  run: ({ key, fingerprint }, { operations, caller }) => {
    const nameOrFingerprint = fingerprint && !key.startsWith("SHA256:") ? `SHA256:${key}` : key;
    return operations.removeKey({ nameOrFingerprint }, caller.identity);
  },
  present: (key, out) => out.step(`Removed key ${key.name} (${key.fingerprint})`),
});
