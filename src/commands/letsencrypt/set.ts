import { definePropertyCommand } from "../property.ts";

export const letsencryptSet = definePropertyCommand({
  group: "letsencrypt",
  summary: "Set or clear how certificates are asked for; `--global enabled true` for all apps",
  word: "property",
  properties: {
    "ca-file": "letsencrypt.ca-file",
    challenge: "letsencrypt.challenge",
    email: "letsencrypt.email",
    enabled: "letsencrypt.enabled",
    server: "letsencrypt.server",
  },
});
