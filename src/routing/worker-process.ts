import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { processesWith, wordsAfter } from "../lib/processes.ts";

/** How a worker is started, and how one that runs already is recognised. */
export interface WorkerProgram {
  /** `[node, main.ts]`, absolute. */
  readonly program: readonly string[];
  /** Absolute. Tells the workers of this Berth from those of another on the same machine. */
  readonly root: string;
  readonly http: { readonly port: number; readonly host: string | undefined };
  /** On the same host. Undefined: plain connections only. */
  readonly httpsPort: number | undefined;
  /** Further arguments of `berth router`. */
  readonly options: readonly string[];
  /** Gets what node itself has to say when it dies. */
  readonly logFile: string;
  /** Folder for node's compile cache: without it, node keeps 40 MB for stripping types. */
  readonly compileCache: string;
}

/**
 * For node, in a worker: it collects what its start leaves behind, and has room for the young objects of many requests at once.
 * Once a thousand WebSockets have lived long, V8 would take the objects of all later requests for long-lived ones, too, and
 * need four times as many collections of the whole heap.
 */
export const routerFlags = ["--expose-gc", "--max-semi-space-size=8", "--no-allocation-site-pretenuring"] as const;

/** The arguments that name the worker; a process with these in its command line, in this order, is ours. */
function marks(root: string, worker?: number): string[] {
  return ["router", "--root", root, "--worker", ...(worker === undefined ? [] : [String(worker)])];
}

export function workerArguments(program: WorkerProgram, worker: number, fingerprint: string): string[] {
  const { http, httpsPort, options, root } = program;
  const host = http.host === undefined ? [] : ["--http-host", http.host];
  const port = ["--http-port", String(http.port)];
  const secure = httpsPort === undefined ? [] : ["--https-port", String(httpsPort)];
  return [...marks(root, worker), ...port, ...secure, ...host, "--fingerprint", fingerprint, ...options];
}

/** In a session of its own, so that nothing that ends the daemon ends it too. */
export function spawnWorker(program: WorkerProgram, worker: number, fingerprint: string): ChildProcess {
  const child = run(program, workerArguments(program, worker, fingerprint));
  child.unref();
  return child;
}

const warmUpMs = 60_000;

/** Fills the compile cache, so that the workers to come find it. Resolves with whether that worked. */
export function warmUp(program: WorkerProgram): Promise<boolean> {
  const child = run(program, ["router", "--warm-up"]);
  const late = setTimeout(() => child.kill("SIGKILL"), warmUpMs);
  return new Promise<boolean>((resolve) => {
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  }).finally(() => clearTimeout(late));
}

function run({ program, logFile, compileCache }: WorkerProgram, args: readonly string[]): ChildProcess {
  const [file = "", ...before] = program;
  const log = openLog(logFile);
  try {
    return spawn(file, [...before, ...args], {
      cwd: "/",
      detached: true,
      // Nothing of the daemon's environment, which may hold secrets.
      // One arena: a worker's threads allocate next to nothing, and each would get megabytes.
      env: { NODE_COMPILE_CACHE: compileCache, MALLOC_ARENA_MAX: "1" },
      stdio: ["ignore", log, log],
    });
  } finally {
    if (log !== "ignore") closeSync(log);
  }
}

/** A root that takes no new file is no reason to have no router. */
function openLog(path: string): number | "ignore" {
  try {
    return openSync(path, "a", 0o640);
  } catch {
    return "ignore";
  }
}

/** Pid in the file, where that is a worker with this number below this root, and alive. */
export async function runningWorker(pidFile: string, root: string, worker: number): Promise<number | undefined> {
  const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
  return Number.isInteger(pid) && pid > 1 && (await isWorker(pid, root, worker)) ? pid : undefined;
}

export async function isWorker(pid: number, root: string, worker: number): Promise<boolean> {
  return (await wordsAfter(pid, marks(root, worker))) !== undefined;
}

/** All workers of this root, connected or not, pid file or not: pid -> number. */
export async function runningWorkers(root: string): Promise<Map<number, number>> {
  const found = await processesWith(marks(root));
  return new Map([...found].map(([pid, [number]]) => [pid, Number(number)]));
}
