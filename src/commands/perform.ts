import type { Writable } from "node:stream";
import type { Operations } from "../operations/operations.ts";
import { createCaller } from "./caller.ts";
import type { Command, Context } from "./command.ts";
import { interruptedCode, isInterruption } from "./failure.ts";
import { createLineEditor } from "./line-editor.ts";
import type { Output } from "./output.ts";
import type { Invocation } from "./program.ts";
import { type Screen, writeIfOpen } from "./screen.ts";
import type { Session } from "./session.ts";

type CommandInvocation = Extract<Invocation, { kind: "command" }>;
type Kind<K extends Command["kind"]> = Extract<Command, { kind: K }>;

/** Runs one command with input that is known to be valid. Returns its exit code. */
export async function perform(
  invocation: CommandInvocation,
  session: Session,
  screen: Screen,
  operations: Operations,
): Promise<number> {
  const { command, values } = invocation;
  if (command.kind === "interactive" && session.terminal !== undefined && command.wantsTerminal(values)) {
    screen.makeRaw();
    return await interact(command, invocation, session, screen, operations);
  }
  return await withLines(session, screen, (lines) =>
    command.kind === "interactive"
      ? interact(command, invocation, { ...lines, terminal: undefined }, screen, operations)
      : produce(command, invocation, lines, screen, operations),
  );
}

/** Lets the work read lines and be interrupted, also where the caller's terminal sends keys. */
async function withLines(
  session: Session,
  screen: Screen,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  if (!screen.raw) return await work(session);
  const interrupted = new AbortController();
  const echo = (text: string): void => writeIfOpen(session.stdout, text);
  const editor = createLineEditor(session.stdin, echo, () => interrupted.abort());
  const signal = AbortSignal.any([session.signal, interrupted.signal]);
  try {
    return await work({ ...session, stdin: editor.lines, signal });
  } catch (error) {
    if (isInterruption(error, interrupted.signal)) return interruptedCode;
    throw error;
  } finally {
    editor.stop();
  }
}

async function produce(
  command: Kind<"value"> | Kind<"stream">,
  invocation: CommandInvocation,
  session: Session,
  screen: Screen,
  operations: Operations,
): Promise<number> {
  const out = screen.output(invocation.quiet);
  const context = contextFor(invocation, session, out, operations);
  if (command.kind === "stream") return await runStream(command, invocation, context, out, session);
  const result = await command.run(invocation.values, context);
  if (invocation.json) out.text(JSON.stringify(command.json?.(result, invocation.values)));
  else command.present?.(result, out, invocation.values);
  return command.exitCode?.(result) ?? 0;
}

async function runStream(
  command: Kind<"stream">,
  { values, json }: CommandInvocation,
  context: Context,
  out: Output,
  { stdout, signal }: Session,
): Promise<number> {
  for await (const item of await command.run(values, context)) {
    if (json) out.text(JSON.stringify(command.json?.(item, values)));
    else command.present(item, out, values);
    if (stdout.writableNeedDrain) await drained(stdout, signal);
    if (!stdout.writable) return 0;
  }
  signal.throwIfAborted();
  return 0;
}

async function interact(
  command: Kind<"interactive">,
  invocation: CommandInvocation,
  session: Session,
  screen: Screen,
  operations: Operations,
): Promise<number> {
  const { stdin, stdout, stderr, terminal, signal } = session;
  const context = contextFor(invocation, session, screen.output(invocation.quiet), operations);
  return await command.run(invocation.values, context, { stdin, stdout, stderr, terminal, signal });
}

function contextFor({ force }: CommandInvocation, session: Session, out: Output, operations: Operations): Context {
  const job = { progress: out, signal: session.signal, actor: session.actor };
  return { operations, job, force, caller: createCaller(session) };
}

function drained(stream: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const events = ["drain", "close", "error"];
    const settle = (): void => {
      for (const event of events) stream.off(event, settle);
      signal.removeEventListener("abort", settle);
      resolve();
    };
    for (const event of events) stream.on(event, settle);
    signal.addEventListener("abort", settle);
    if (signal.aborted || !stream.writable) settle();
  });
}
