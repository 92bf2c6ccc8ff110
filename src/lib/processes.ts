import { readdir, readFile } from "node:fs/promises";

/** Empty for a process that is not there, or one that has ended and was not waited for. */
export async function commandLine(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return text.split("\0").slice(0, -1);
}

/** The words that follow `words`, which stand in a row in the process's command line. Undefined if they do not. */
export async function wordsAfter(pid: number, words: readonly string[]): Promise<string[] | undefined> {
  const line = await commandLine(pid);
  const start = line.findIndex((_, index) => words.every((word, offset) => line[index + offset] === word));
  return start === -1 ? undefined : line.slice(start + words.length);
}

/** Processes with these words in a row in their command line: pid -> the words that follow. */
export async function processesWith(words: readonly string[]): Promise<Map<number, string[]>> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const rests = await Promise.all(pids.map((pid) => wordsAfter(pid, words)));
  return new Map(pids.flatMap((pid, index): [number, string[]][] => (rests[index] ? [[pid, rests[index]]] : [])));
}

/** Stopped by SIGSTOP or a debugger: it does nothing until somebody continues it, and only SIGKILL ends it. */
export async function isStopped(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name before it is in brackets and may have anything in it.
  return /^[Tt]$/.test(text.slice(text.lastIndexOf(")") + 2)[0] ?? "");
}

/** A process that has ended in the meantime is no error. */
export function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
