import { certificateFiles } from "../certificate-files.ts";
import { defineCommand } from "../command.ts";
import { appName, optional, text } from "../input.ts";

export const certsAdd = defineCommand({
  name: "certs:add",
  effect: "changes",
  summary: "Give an app a certificate and its key: two files, or a tar archive on standard input",
  input: { app: appName, crt: optional(text), key: optional(text) },
  positionals: ["app", "crt", "key"],
  run: async ({ app, crt, key }, { operations, caller }) =>
    operations.addCertificate({ app, ...(await certificateFiles(crt, key, caller)), update: false }),
  present: ({ warnings }, out, { app }) => {
    for (const warning of warnings) out.warn(warning);
    out.step(`Certificate of ${app} is in use`);
  },
});
