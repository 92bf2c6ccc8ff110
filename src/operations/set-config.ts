import type { ConfigVars } from "../model/app.ts";
import { UserError } from "../model/errors.ts";
import { checkConfigKey } from "../model/names.ts";
import type { Release } from "../model/release.ts";
import { unhonouredVars } from "../model/unhonoured.ts";
import { changeConfig } from "./change-config.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";

export async function setConfig(
  context: Context,
  input: { app: string; vars: ConfigVars; restart: boolean },
  job: Job,
): Promise<Release | undefined> {
  const keys = Object.keys(input.vars);
  if (keys.length === 0) throw new UserError("config-missing", "At least one env pair must be given");
  for (const key of keys) checkConfigKey(key);
  checkValues(input.vars);
  for (const sentence of unhonouredVars(input.vars)) job.progress.warn(sentence);
  const change = (before: ConfigVars) => ({ ...before, ...input.vars });
  return changeConfig(context, { ...input, description: `Set config vars: ${keys.join(", ")}`, change }, job);
}

// The kernel takes at most 128 KiB for one environment string (MAX_ARG_STRLEN in execve(2)).
const longestValue = 131_072 - 1024;

function checkValues(vars: ConfigVars): void {
  for (const [key, value] of Object.entries(vars)) {
    if (value.includes("\0")) {
      throw new UserError("invalid-config-value", `The value of ${key} has a NUL byte, which no environment can hold`);
    }
    if (Buffer.byteLength(value) > longestValue) {
      throw new UserError("invalid-config-value", `The value of ${key} is longer than ${longestValue} bytes`, {
        hint: "Keep large values in a file or a service and give the app its address",
      });
    }
  }
}
