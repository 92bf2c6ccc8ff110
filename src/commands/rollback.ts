import { UserError } from "../model/errors.ts";
import { defineCommand } from "./command.ts";
import { appName, optional, type Word } from "./input.ts";

const version: Word<number> = {
  arity: "one",
  parse: (word) => {
    const [, number] = /^v?([1-9]\d{0,8})$/.exec(word) ?? [];
    if (number !== undefined) return Number(number);
    throw new UserError("invalid-release", `Invalid release: '${word}'`, { hint: "Write it as v3 or 3" });
  },
};

export const rollback = defineCommand({
  name: "rollback",
  effect: "changes",
  summary: "Make a new release that is like an earlier one; without a version, like the one before the current",
  input: { app: appName, version: optional(version) },
  positionals: ["app", "version"],
  run: ({ app, version }, { operations, job }) => operations.rollback({ app, version }, job),
  present: (release, out, { app }) => out.headline(`${app} now runs v${release.version}: ${release.description}`),
});
