import { ExecError, exec } from "../lib/exec.ts";
import { messageOf, UserError } from "../model/errors.ts";
import type { DnsRecords } from "./issuer.ts";

const timeoutMs = 10 * 60_000;
// Nothing of the daemon's environment, which may hold secrets.
const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };

/** `PROGRAM present|cleanup NAME VALUE`, without a shell. It ends when the record can be seen by everybody. */
export function createDnsHook(program: string): DnsRecords {
  const run = async (action: "present" | "cleanup", name: string, value: string) => {
    try {
      await exec(program, [action, name, value], { env, signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      const details = error instanceof ExecError ? error.stderr : [];
      throw new UserError("dns-hook-failed", `The DNS hook failed at ${action} ${name}: ${messageOf(error)}`, {
        details,
        hint: `Run it by hand to see why: ${program} ${action} ${name} test`,
      });
    }
  };
  return {
    present: (name, value) => run("present", name, value),
    withdraw: (name, value) => run("cleanup", name, value),
  };
}
