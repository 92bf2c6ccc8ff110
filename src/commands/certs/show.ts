import { UserError } from "../../model/errors.ts";
import { defineCommand } from "../command.ts";
import { appName, choice } from "../input.ts";

export const certsShow = defineCommand({
  name: "certs:show",
  effect: "reads",
  summary: "Print the certificate of an app, or its key",
  input: { app: appName, part: choice("part", ["crt", "key"]) },
  positionals: ["app", "part"],
  labels: { part: "crt|key" },
  run: async ({ app }, { operations }) => {
    const found = await operations.certificate({ app });
    if (found !== undefined) return found;
    throw new UserError("certificate-missing", `App ${app} has no certificate`, {
      hint: `Give it one: certs:add ${app} CRT KEY`,
    });
  },
  present: ({ chain, key }, out, { part }) => out.text((part === "crt" ? chain : key).trimEnd()),
});
