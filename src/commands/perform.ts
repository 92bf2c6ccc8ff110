import type { Operations } from "../operations/operations.ts";
import { createCaller } from "./caller.ts";
import type { Command, Context } from "./command.ts";
import { drained } from "./drained.ts";
import { createOutput, type Output } from "./output.ts";
import type { CommandInvocation } from "./program.ts";
import type { Session } from "./session.ts";

type Kind<K extends Command["kind"]> = Extract<Command, { kind: K }>;

/** Runs one command with input that is known to be valid. Returns its exit code. */
export async function perform(
  invocation: CommandInvocation,
  session: Session,
  operations: Operations,
): Promise<number> {
  const { command, values, quiet, force } = invocation;
  const out = createOutput(session, quiet);
  const job = { progress: out, signal: session.signal, actor: session.actor };
  const context: Context = { operations, job, force, quiet, caller: createCaller(session) };
  switch (command.kind) {
    case "value":
      return await runValue(command, invocation, context, out);
    case "stream":
      return await runStream(command, invocation, context, out, session);
    case "interactive": {
      const { stdin, stdout, stderr, signal } = session;
      const terminal = command.wantsTerminal(values) ? session.terminal : undefined;
      return await command.run(values, context, { stdin, stdout, stderr, terminal, signal });
    }
  }
}

async function runValue(
  command: Kind<"value">,
  { values, json }: CommandInvocation,
  context: Context,
  out: Output,
): Promise<number> {
  const result = await command.run(values, context);
  if (json) out.text(JSON.stringify(command.json?.(result, values)));
  else command.present?.(result, out, values);
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
