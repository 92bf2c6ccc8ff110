import { Readable } from "node:stream";
import { exec } from "../lib/exec.ts";
import type { Family } from "./rules.ts";

// A shell of a user often has no sbin in its PATH.
const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" };
const limitMs = 10_000;
const lockSeconds = "5";

/** The table `filter` in iptables-save's own form. */
export async function saveTable(family: Family): Promise<string> {
  const { stdout } = await exec(`${program(family)}-save`, ["-t", "filter"], limited());
  return stdout.toString();
}

/** Changes the table as the input says, all or nothing. */
export async function restoreTable(family: Family, input: string): Promise<void> {
  const args = ["--noflush", "--wait", lockSeconds];
  await exec(`${program(family)}-restore`, args, { ...limited(), stdin: Readable.from([input]) });
}

function program(family: Family): string {
  return family === 4 ? "iptables" : "ip6tables";
}

function limited() {
  return { env, signal: AbortSignal.timeout(limitMs) };
}
