import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { createCommandServer } from "../../src/cli/server.ts";
import type { Execute } from "../../src/commands/session.ts";
import { pathsBelow } from "../../src/config/paths.ts";

export const main = join(import.meta.dirname, "../../src/main.ts");

export interface Door {
  readonly root: string;
  readonly socketPath: string;
  stop(graceMs?: number): Promise<void>;
}

/** A command server on a root of its own, with this behind it. */
export async function openDoor(execute: Execute): Promise<Door> {
  const root = await mkdtemp(join(tmpdir(), "berth-cli-"));
  const { run, commandSocket } = pathsBelow(root);
  await mkdir(run);
  const server = createCommandServer({ socketPath: commandSocket, execute, logger: pino({ level: "silent" }) });
  await server.start();
  return {
    root,
    socketPath: commandSocket,
    stop: async (graceMs = 0) => {
      await server.stop(graceMs);
      await rm(root, { recursive: true, force: true });
    },
  };
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real client process. */
export function startClient(root: string, words: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(main, ["--root", root, ...words], { stdio: "pipe", ...options });
}

/** Runs a client to its end. Without `input` its standard input stays open. */
export function client(root: string, words: readonly string[], input?: string | Buffer): Promise<Finished> {
  const child = startClient(root, words);
  if (input !== undefined) child.stdin?.on("error", () => undefined).end(input);
  return finished(child);
}

/** A shell line in which `$berth` is the client. */
export function shell(root: string, line: string): Promise<Finished> {
  const child = spawn("/bin/sh", ["-c", line], { env: { ...process.env, berth: main, BERTH_ROOT: root } });
  child.stdin.on("error", () => undefined).end();
  return finished(child);
}

/** The client in a terminal of its own (script(1)); what is written to its standard input are keys. */
export function inTerminal(root: string, words: string): ChildProcess {
  // Ctrl-C reaches the shell too: it traps it, as not every shell would go on without.
  const line = `trap : INT; stty cols 91 rows 17; ${main} ${words}; echo "code $?"; stty -a`;
  const env = { ...process.env, BERTH_ROOT: root, TERM: "vt220", SHELL: "/bin/sh" };
  return spawn("script", ["-qefc", line, "/dev/null"], { env });
}

export async function finished(child: ChildProcess): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (...end) => resolve(end));
  });
  child.stdin?.destroy();
  return { code, signal, stdout, stderr };
}

/** Resolves when the stream has shown this text. */
export function shown(stream: NodeJS.ReadableStream | null, text: string): Promise<void> {
  let seen = "";
  return new Promise((resolve, reject) => {
    stream?.on("data", (piece) => {
      seen += String(piece);
      if (seen.includes(text)) resolve();
    });
    stream?.on("end", () => reject(new Error(`ended without ${JSON.stringify(text)}: ${JSON.stringify(seen)}`)));
  });
}
