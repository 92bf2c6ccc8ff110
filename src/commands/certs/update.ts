import { certificateFiles } from "../certificate-files.ts";
import { defineCommand } from "../command.ts";
import { appName, optional, text } from "../input.ts";

export const certsUpdate = defineCommand({
  name: "certs:update",
  effect: "changes",
  summary: "Exchange the certificate of an app",
  input: { app: appName, crt: optional(text), key: optional(text) },
  positionals: ["app", "crt", "key"],
  run: async ({ app, crt, key }, { operations, caller }) =>
    operations.addCertificate({ app, ...(await certificateFiles(crt, key, caller)), update: true }),
  present: ({ warnings }, out, { app }) => {
    for (const warning of warnings) out.warn(warning);
    out.step(`Certificate of ${app} is in use`);
  },
});
