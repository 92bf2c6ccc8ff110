import { defineCommand } from "../command.ts";
import { appName, text } from "../input.ts";

export const certsGenerate = defineCommand({
  name: "certs:generate",
  effect: "changes",
  summary: "Give an app a certificate that is signed by itself, for tests",
  input: { app: appName, domain: text },
  positionals: ["app", "domain"],
  run: ({ app, domain }, { operations }) => operations.generateCertificate({ app, domain }),
  present: (_, out, { app, domain }) => out.step(`Self-signed certificate for ${domain} of ${app} is in use`),
});
