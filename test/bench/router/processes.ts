import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const started: ChildProcess[] = [];

/** Its output goes to a file, as that of a server does. */
export function start(folder: string, name: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const output = openSync(join(folder, `${name}.out`), "a");
  const [file = "", ...args] = words;
  const child = spawn(file, args, { stdio: ["ignore", output, output], env: { ...process.env, ...env }, cwd: folder });
  closeSync(output);
  child.once("error", (error) => process.stderr.write(`${name}: ${error.message}\n`));
  started.push(child);
  return child.pid ?? 0;
}

export async function stopAll(): Promise<void> {
  for (const child of started.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "exit");
    child.kill();
    await Promise.race([ended, delay(2_000)]);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  }
}

export async function listens(port: number, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isUp = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (isUp) return;
    if (Date.now() > deadline) throw new Error(`${what} does not listen`);
    await delay(50);
  }
}

/** A process with all that came from it. */
async function family(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const children = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8").catch(() => "")),
  );
  const pids = children.join(" ").split(/\s+/).filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(pids.map(family))).flat()];
}

async function familyOf(pids: readonly number[]): Promise<number[]> {
  return (await Promise.all(pids.map(family))).flat();
}

/** User and system time in seconds, in steps of 10 ms. */
export async function cpuSeconds(pids: readonly number[]): Promise<number> {
  const ticks = (await familyOf(pids)).map(async (pid) => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) || 0) + (Number(fields[12]) || 0);
  });
  return (await Promise.all(ticks)).reduce((sum, count) => sum + count, 0) / 100;
}

/** Resident memory in bytes; pages that a server's processes share are counted once. */
export async function residentBytes(pids: readonly number[]): Promise<number> {
  const sizes = (await familyOf(pids)).map(async (pid) => {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    return (Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1]) || 0) * 1024;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Standard output of a program that must succeed. */
export async function output(words: readonly string[]): Promise<string> {
  const [file = "", ...args] = words;
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${words.join(" ")}: ${Buffer.concat([...errors, ...chunks])}`);
  return Buffer.concat(chunks).toString();
}
