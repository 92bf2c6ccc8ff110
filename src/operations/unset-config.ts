import type { ConfigVars } from "../model/app.ts";
import { UserError } from "../model/errors.ts";
import { checkConfigKey } from "../model/names.ts";
import type { Release } from "../model/release.ts";
import { changeConfig } from "./change-config.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";

export async function unsetConfig(
  context: Context,
  input: { app: string; keys: readonly string[]; restart: boolean },
  job: Job,
): Promise<Release | undefined> {
  if (input.keys.length === 0) throw new UserError("config-missing", "At least one env key must be given");
  for (const key of input.keys) checkConfigKey(key);
  const gone = new Set(input.keys);
  const change = (before: ConfigVars) => Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key)));
  return changeConfig(context, { ...input, description: `Unset config vars: ${input.keys.join(", ")}`, change }, job);
}
