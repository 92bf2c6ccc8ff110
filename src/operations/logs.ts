import type { Context } from "./context.ts";
import { follow } from "./follow-logs.ts";
import { type LogsInput, lastOfEach, merged } from "./log-lines.ts";
import type { DynoLogLine } from "./operations.ts";
import { deployedApp } from "./require-app.ts";

export async function logs(context: Context, input: LogsInput): Promise<AsyncIterable<DynoLogLine>> {
  context.store.read((view) => deployedApp(view, input.app));
  return input.follow ? follow(context, input) : last(context, input);
}

async function* last(context: Context, input: LogsInput): AsyncGenerator<DynoLogLine> {
  yield* merged(await lastOfEach(context, input, input.lines), input.lines);
}
