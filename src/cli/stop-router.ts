import { readFile } from "node:fs/promises";
import { callerEnvironment } from "../config/environment.ts";
import { pathsBelow } from "../config/paths.ts";
import { delay } from "../lib/delay.ts";
import { isStopped, processesWith, sendSignal, wordsAfter } from "../lib/processes.ts";

// A worker gives open requests 30 s, and then some to itself.
const lastMs = 40_000;

/**
 * `berth router:stop`: ends the router workers that a stopped daemon has left serving. Works without a daemon, and not
 * beside one, which would start them again. Resolves with the exit code.
 */
export async function stopRouter(rootFlag: string | undefined): Promise<number> {
  const root = rootFlag ?? callerEnvironment().root;
  if (await daemonRuns(pathsBelow(root).daemonLock)) {
    return fail(`Berth runs on ${root} and would start its router again`, "Stop it first");
  }
  const marks = ["router", "--root", root, "--worker"];
  // Not by their pid files: a worker that was born on a full disk has none.
  const pids = [...(await processesWith(marks)).keys()];
  try {
    for (const pid of pids) sendSignal(pid, "SIGTERM");
    const deadline = Date.now() + lastMs;
    await Promise.all(pids.map((pid) => end(pid, marks, deadline)));
  } catch (error) {
    return fail(
      `The router could not be stopped: ${(error as Error).message}`,
      "Run it as root, or as the user that runs Berth",
    );
  }
  return 0;
}

/** Open requests are finished first; the worker itself sets the bound, unless it hangs. */
async function end(pid: number, marks: readonly string[], deadline: number): Promise<void> {
  while ((await wordsAfter(pid, marks)) !== undefined) {
    if (Date.now() > deadline || (await isStopped(pid))) sendSignal(pid, "SIGKILL");
    await delay(50);
  }
}

/** Numbers of processes are used again: what the file names counts only if it runs Berth. */
async function daemonRuns(pidFile: string): Promise<boolean> {
  const pid = Number.parseInt(await readFile(pidFile, "utf8").catch(() => ""), 10);
  return Number.isInteger(pid) && (await wordsAfter(pid, ["serve"])) !== undefined;
}

function fail(...lines: string[]): number {
  process.stderr.write(lines.map((line) => ` !     ${line}\n`).join(""));
  return 1;
}
