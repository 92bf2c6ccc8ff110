import { defineCommand } from "../command.ts";
import { appName, flag, text } from "../input.ts";
import { singleQuoted } from "../single-quoted.ts";

export const configGet = defineCommand({
  name: "config:get",
  effect: "reads",
  summary: "Print the value of one config var; exit code 1 where it is not set",
  input: { app: appName, key: text, quoted: flag },
  positionals: ["app", "key"],
  options: { quoted: { flags: "--quoted", summary: "Quote the value for a shell" } },
  run: async ({ app, key }, { operations }) => {
    const vars = await operations.config({ app });
    return Object.hasOwn(vars, key) ? vars[key] : undefined;
  },
  present: (value, out, { quoted }) => {
    if (value !== undefined) out.text(quoted ? singleQuoted(value) : value);
  },
  exitCode: (value) => (value === undefined ? 1 : 0),
});
