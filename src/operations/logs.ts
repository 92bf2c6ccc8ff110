import type { Context } from "./context.ts";
import { follow } from "./follow-logs.ts";
import { type LogsInput, lastOfEach, lastOfRouter, merged } from "./log-lines.ts";
import type { DynoLogLine } from "./operations.ts";
import { deployedApp } from "./require-app.ts";

export async function logs(context: Context, input: LogsInput): Promise<AsyncIterable<DynoLogLine>> {
  context.store.read((view) => deployedApp(view, input.app));
  if (!input.follow) return last(context, input);
  return follow(context, { ...input, signal: AbortSignal.any([input.signal, context.stopping]) });
}

async function* last(context: Context, input: LogsInput): AsyncGenerator<DynoLogLine> {
  const dynos = await lastOfEach(context, input, input.lines);
  yield* merged([...dynos, await lastOfRouter(context, input, input.lines)], input.lines);
}
