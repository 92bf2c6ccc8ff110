import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const certsRemove = defineCommand({
  name: "certs:remove",
  effect: "destroys",
  summary: "Take its certificate away from an app",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.removeCertificate({ app }),
  present: ({ warnings }, out, { app }) => {
    out.step(`Removed the certificate of ${app}`);
    for (const warning of warnings) out.warn(warning);
  },
});
