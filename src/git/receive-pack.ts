import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { ProcessGroup } from "../lib/process-group.ts";
import { fullDiskFilter } from "./full-disk-filter.ts";
import type { Git } from "./git.ts";
import { type HookCall, readHookCall } from "./hook-call.ts";
import type { GitIo } from "./service.ts";

/** Answers a push while its client waits: writes to `output`, returns the hook's exit code. Must not throw. */
export type AnswerHook = (call: HookCall, output: Writable, signal: AbortSignal) => Promise<number>;

const killAfterMs = 5_000;

/**
 * One `git receive-pack`. A client that goes away cancels the answer through `signal`; git itself is left to end by what
 * the hook then says, because an answer that came too late to be cancelled is one that git must still carry out.
 */
export async function receivePack(git: Git, repository: string, io: GitIo, answer: AnswerHook): Promise<number> {
  const pipes = start(git, repository, io.protocol);
  const { child, call, output, verdict } = pipes;
  const exited = exitOf(child);
  const group = new ProcessGroup(child, killAfterMs);
  const gone = new AbortController();
  let answering = false;
  let failure: { readonly error: unknown } | undefined;
  const say = (code: number): void => {
    output.end();
    verdict.end(`${code}\n`);
    answering = false;
  };
  const answered = readHookCall(call)
    .then(async (hook) => {
      if (hook === undefined) return;
      answering = true;
      say(await answer(hook, output, AbortSignal.any([io.signal, gone.signal])));
    })
    .catch((error: unknown) => {
      // The hook waits for a word, and git for the hook.
      failure = { error };
      say(1);
    });
  const disconnect = connect(io, pipes, () => {
    if (!answering) group.end();
  });
  try {
    const code = await exited;
    gone.abort(new Error("git receive-pack ended before its hook"));
    call.destroy();
    await answered;
    await Promise.allSettled([finished(pipes.stdout), finished(pipes.stderr)]);
    if (failure !== undefined) throw failure.error;
    return code;
  } finally {
    disconnect();
    group.release();
    for (const stream of [call, output, verdict]) stream.destroy();
  }
}

interface Pipes {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The hook's descriptors 3, 4 and 5 (repository-files.ts). */
  readonly call: Duplex;
  readonly output: Duplex;
  readonly verdict: Duplex;
}

function start(git: Git, repository: string, protocol: string | undefined): Pipes {
  const child = spawn(git.program, ["receive-pack", repository], {
    env: { ...git.environment, ...(protocol === undefined ? {} : { GIT_PROTOCOL: protocol }) },
    cwd: repository,
    stdio: ["pipe", "pipe", "pipe", "pipe", "pipe", "pipe"],
    detached: true,
  });
  const [stdin, stdout, stderr, call, output, verdict] = child.stdio as unknown as Duplex[];
  if (!(stdin && stdout && stderr && call && output && verdict)) throw new Error("git was given no pipes");
  // A pipe whose other end has gone is no news: how git ended is.
  for (const stream of [stdin, stdout, stderr, call, output, verdict]) stream.on("error", () => undefined);
  const told = stdout.pipe(fullDiskFilter());
  stdout.once("close", () => told.end());
  return { child, stdin, stdout: told, stderr, call, output, verdict };
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // Not `close`: a `git gc` in the background keeps the hook's descriptors open long after.
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** Joins git's streams with the client's. `kill` is called where git does not end after its client has gone. */
function connect(io: GitIo, { stdin, stdout, stderr }: Pipes, kill: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  io.stdin.pipe(stdin);
  stdout.pipe(io.stdout, { end: false });
  stderr.pipe(io.stderr, { end: false });
  // What nobody takes any more must not keep git waiting.
  io.stdout.once("close", () => stdout.resume());
  io.stderr.once("close", () => stderr.resume());
  const onAbort = (): void => {
    io.stdin.unpipe(stdin);
    stdin.destroy();
    timer = setTimeout(kill, killAfterMs);
  };
  if (io.signal.aborted) onAbort();
  else io.signal.addEventListener("abort", onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    io.signal.removeEventListener("abort", onAbort);
    io.stdin.unpipe(stdin);
  };
}
