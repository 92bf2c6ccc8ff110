import { type ChildProcess, spawn } from "node:child_process";
import { finished, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ProcessGroup } from "./process-group.ts";
import { TextTail } from "./text-tail.ts";

export interface ExecOptions {
  /** All of the program's environment: nothing is inherited. PATH in it also finds the program. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  /** Nothing where missing. A stream that is handed in, here and below, stays open and the caller's. */
  readonly stdin?: string | Uint8Array | Readable | undefined;
  /** Where the output goes instead of into the result. The program waits while this takes no more. */
  readonly stdout?: Writable | undefined;
  /** Where standard error goes. Its last lines are kept for the error in any case. */
  readonly stderr?: Writable | undefined;
  /** The most that the program may write on standard output: 16 MiB where it is captured, without end where it is streamed. */
  readonly maxBytes?: number | undefined;
  /** Ends the program and all that it started: SIGTERM, `killAfterMs` (5000), SIGKILL. */
  readonly signal?: AbortSignal | undefined;
  readonly killAfterMs?: number | undefined;
}

export interface ExecResult {
  /** Empty where it was streamed. */
  readonly stdout: Buffer;
}

/** The program could not be started, wrote too much, was killed from outside, or ended with an exit code other than 0. */
export class ExecError extends Error {
  override readonly name = "ExecError";
  readonly program: string;
  readonly args: readonly string[];
  /** Undefined where it did not end by itself. */
  readonly exitCode: number | undefined;
  /** The last lines on standard error, 20 at most. */
  readonly stderr: readonly string[];

  constructor(message: string, run: Pick<ExecError, "program" | "args" | "exitCode" | "stderr">, cause?: unknown) {
    // Arguments are not in the message: they may be secrets, and messages get around.
    super(`${run.program} ${message}`, { cause });
    this.program = run.program;
    this.args = run.args;
    this.exitCode = run.exitCode;
    this.stderr = run.stderr;
  }
}

const capturedLimit = 16 * 1024 * 1024;
const stderrTailCharacters = 8 * 1024;

/**
 * Runs a program, without a shell, and resolves once it and whatever else holds its output have ended.
 * Throws ExecError, the reason of `signal`, or the error of a stream that was handed in.
 */
export async function exec(program: string, args: readonly string[], options: ExecOptions): Promise<ExecResult> {
  options.signal?.throwIfAborted();
  const tail = new TextTail(stderrTailCharacters);
  const failure = (message: string, exitCode?: number, cause?: unknown) =>
    new ExecError(message, { program, args, exitCode, stderr: tail.lines(20) }, cause);

  const child = start(program, args, options, failure);
  const group = new ProcessGroup(child, options.killAfterMs ?? 5_000);
  let given: { readonly error: unknown } | undefined;
  const giveUp = (error: unknown) => {
    given ??= { error };
    group.end();
  };
  const onAbort = () => giveUp(options.signal?.reason);
  options.signal?.addEventListener("abort", onAbort);
  const unfeed = feed(child.stdin, options.stdin, giveUp);

  const captured: Buffer[] = [];
  const limit = options.maxBytes ?? (options.stdout === undefined ? capturedLimit : Number.POSITIVE_INFINITY);
  const bound = bounded(limit, () => failure(`wrote more than ${limit} bytes`));
  try {
    const [ending] = await Promise.all([
      ended(child, failure),
      carry(child.stdout, bound, options.stdout ?? into(captured)).catch(giveUp),
      carry(child.stderr, (chunk) => tail.add(chunk), options.stderr ?? into(undefined)).catch(giveUp),
    ]);
    if (given !== undefined) throw given.error;
    if (ending.code === 0) return { stdout: Buffer.concat(captured) };
    throw failure(describe(ending, tail.lines(1)), ending.code ?? undefined);
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
    unfeed();
    group.release();
  }
}

interface Child extends ChildProcess {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

type Failure = (message: string, exitCode?: number, cause?: unknown) => ExecError;

function start(program: string, args: readonly string[], options: ExecOptions, failure: Failure): Child {
  try {
    // Detached: a process group of its own, which can be ended as a whole.
    return spawn(program, args, { cwd: options.cwd, env: options.env, stdio: "pipe", detached: true }) as Child;
  } catch (error) {
    throw failure(`could not be started: ${messageOf(error)}`, undefined, error);
  }
}

function ended(child: Child, failure: Failure): Promise<Ending> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(failure(`could not be started: ${error.message}`, undefined, error)));
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

function describe(ending: Ending, lastLines: readonly string[]): string {
  const how = ending.signal === null ? `ended with exit code ${ending.code}` : `was killed by ${ending.signal}`;
  return [how, ...lastLines].join(": ");
}

async function carry(from: Readable, observe: (chunk: Buffer) => void, to: Writable): Promise<void> {
  const observed = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      observe(chunk);
      yield chunk;
    }
  };
  await pipeline(from, observed, to, { end: false });
}

function bounded(limit: number, excess: () => Error): (chunk: Buffer) => void {
  let total = 0;
  return (chunk) => {
    total += chunk.length;
    if (total > limit) throw excess();
  };
}

function into(chunks: Buffer[] | undefined): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks?.push(chunk);
      done();
    },
  });
}

/** Returns what lets go of a stream that was handed in. */
function feed(stdin: Writable, input: ExecOptions["stdin"], giveUp: (error: unknown) => void): () => void {
  // A program may end before it has read everything: whether that is an error, its exit code says.
  stdin.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ECONNRESET") giveUp(error);
  });
  if (!(input instanceof Readable)) {
    stdin.end(input);
    return () => undefined;
  }
  const unwatch = finished(input, { writable: false }, (error) => {
    if (error) giveUp(error);
  });
  input.pipe(stdin);
  return () => {
    unwatch();
    input.unpipe(stdin);
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
