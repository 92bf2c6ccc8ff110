import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { callerEnvironment } from "../config/environment.ts";
import { pathsBelow } from "../config/paths.ts";
import { delay } from "../lib/delay.ts";

/**
 * `berth router:stop`: ends the router workers that a stopped daemon has left serving. Works without a daemon, and not
 * beside one, which would start them again. Resolves with the exit code.
 */
export async function stopRouter(rootFlag: string | undefined): Promise<number> {
  const root = rootFlag ?? callerEnvironment().root;
  const paths = pathsBelow(root);
  if (await isRunning(paths.daemonLock, ["serve"])) {
    return fail(`Berth runs on ${root} and would start its router again`, "Stop it first");
  }
  const files = await readdir(paths.run).catch(() => []);
  const workers = files.filter((name) => /^router-\d+\.pid$/.test(name)).map((name) => join(paths.run, name));
  const pids = (await Promise.all(workers.map((file) => isRunning(file, ["router", root])))).filter(
    (pid) => pid !== undefined,
  );
  try {
    for (const pid of pids) process.kill(pid, "SIGTERM");
  } catch (error) {
    return fail(
      `The router could not be stopped: ${(error as Error).message}`,
      "Run it as root, or as the user that runs Berth",
    );
  }
  // Open requests are finished first; the worker itself sets the bound.
  while (pids.some(isAlive)) await delay(50);
  return 0;
}

/** The process that the file names, where it runs with these words in its command line: numbers are used again. */
async function isRunning(pidFile: string, words: readonly string[]): Promise<number | undefined> {
  try {
    const pid = Number.parseInt(await readFile(pidFile, "utf8"), 10);
    const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
    return words.every((word) => command.includes(word)) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function fail(...lines: string[]): number {
  process.stderr.write(lines.map((line) => ` !     ${line}\n`).join(""));
  return 1;
}
