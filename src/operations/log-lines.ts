import { type Dyno, dynoName } from "../model/dyno.ts";
import { UserError } from "../model/errors.ts";
import type { RouterLine } from "../routing/router-logs.ts";
import type { LogOptions } from "../schedulers/scheduler.ts";
import type { Context } from "./context.ts";
import type { DynoLogLine } from "./operations.ts";

export interface LogsInput {
  readonly app: string;
  readonly processes: readonly string[];
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** The last lines of all together, in order of time. */
export function merged(ofEach: readonly { readonly lines: readonly DynoLogLine[] }[], count: number): DynoLogLine[] {
  const all = ofEach.flatMap(({ lines }) => lines).sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return all.slice(Math.max(0, all.length - count));
}

export interface DynoLines {
  readonly dyno: Dyno;
  readonly lines: readonly DynoLogLine[];
}

export async function lastOfEach(context: Context, input: LogsInput, count: number): Promise<DynoLines[]> {
  const { signal } = input;
  const linesOfOne = (dyno: Dyno) => Array.fromAsync(linesOf(context, dyno, { follow: false, lines: count, signal }));
  const dynos = await chosenDynos(context, input);
  return Promise.all(dynos.map(async (dyno) => ({ dyno, lines: await linesOfOne(dyno) })));
}

export async function chosenDynos(context: Context, input: LogsInput): Promise<Dyno[]> {
  const dynos = await context.scheduler.list(input.app);
  const chosen = dynos.filter((dyno) => isChosen(dyno, input.processes));
  if (chosen.length === 0 && input.processes.length > 0 && !input.follow && !wantsRouter(input)) {
    const known = [...new Set(dynos.map(dynoName))].join(", ");
    throw new UserError("process-missing", `App ${input.app} has no dyno ${input.processes.join(", ")}`, {
      hint: known === "" ? "It has no dynos at all" : `It has: ${known}`,
    });
  }
  return chosen;
}

function isChosen(dyno: Dyno, processes: readonly string[]): boolean {
  return processes.length === 0 || processes.includes(dyno.processType) || processes.includes(dynoName(dyno));
}

export async function* linesOf(context: Context, dyno: Dyno, options: LogOptions): AsyncGenerator<DynoLogLine> {
  for await (const line of context.scheduler.logs(dyno.id, options)) {
    yield { ...line, app: dyno.app, source: "app", dyno: dynoName(dyno) };
  }
}

export function wantsRouter({ processes }: LogsInput): boolean {
  return processes.length === 0 || processes.includes("router");
}

/** The last of the router's lines, and where to go on. */
export async function lastOfRouter(context: Context, input: LogsInput, count: number) {
  const { lines, end } = await context.routerLogs.last(input.app, wantsRouter(input) ? count : 0);
  return { lines: lines.map((line) => routerLine(input.app, line)), end };
}

export function routerLine(app: string, line: RouterLine): DynoLogLine {
  return { ...line, app, source: "router", dyno: "router", stream: "stdout" };
}
