import { columns } from "../../lib/columns.ts";
import { UserError } from "../../model/errors.ts";
import { checkConfigKey } from "../../model/names.ts";
import type { Progress } from "../../model/progress.ts";
import { defineCommand } from "../command.ts";
import { envPair } from "../env-pair.ts";
import { appName, flag, many } from "../input.ts";

export const configSet = defineCommand({
  name: "config:set",
  effect: "changes",
  summary: "Set config vars and restart the app with them",
  input: {
    app: appName,
    pairs: many(envPair, 1, "At least one env pair must be given"),
    restart: flag,
    encoded: flag,
  },
  positionals: ["app", "pairs"],
  labels: { pairs: "key=value" },
  options: {
    restart: { flags: "--no-restart", summary: "Store them without a restart; ps:restart brings them" },
    encoded: { flags: "--encoded", summary: "The values are base64" },
  },
  run: async ({ app, pairs, restart, encoded }, { operations, job, quiet }) => {
    const vars = Object.fromEntries(
      pairs.map(([key, value]) => [checkConfigKey(key), encoded ? decode(key, value) : value]),
    );
    await operations.requireApp({ app });
    if (!quiet) show(Object.keys(vars), job.progress);
    return operations.setConfig({ app, vars, restart }, job);
  },
});

/** Without their values, which logs of a CI system would keep: config:show has them. */
function show(keys: readonly string[], progress: Progress): void {
  progress.step("Setting config vars");
  for (const line of columns(keys.map((key) => [`${key}:`, "*******"]))) progress.detail(line);
}

function decode(key: string, value: string): string {
  const decoded = Buffer.from(value, "base64");
  // Node skips over what is not base64: only a value that comes out the same again was.
  const bare = (text: string): string => text.replace(/=+$/, "");
  const text = decoded.toString("utf8");
  if (bare(decoded.toString("base64")) === bare(value) && Buffer.from(text, "utf8").equals(decoded)) return text;
  throw new UserError("invalid-encoding", `The value of ${key} is not base64 of UTF-8 text`);
}
