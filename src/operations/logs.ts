import { setTimeout as delay } from "node:timers/promises";
import { Channel } from "../lib/channel.ts";
import { type Dyno, dynoName } from "../model/dyno.ts";
import { UserError } from "../model/errors.ts";
import type { Context } from "./context.ts";
import type { DynoLogLine } from "./operations.ts";
import { deployedApp } from "./require-app.ts";

export interface LogsInput {
  readonly app: string;
  readonly processes: readonly string[];
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export async function logs(context: Context, input: LogsInput): Promise<AsyncIterable<DynoLogLine>> {
  context.store.read((view) => deployedApp(view, input.app));
  return input.follow ? follow(context, input) : last(context, input);
}

/** The last lines of all dynos together, in order of time. */
async function* last(context: Context, input: LogsInput): AsyncGenerator<DynoLogLine> {
  const dynos = await chosenDynos(context, input);
  const perDyno = await Promise.all(dynos.map((dyno) => Array.fromAsync(linesOf(context, dyno, input, input.lines))));
  const lines = perDyno.flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  yield* lines.slice(Math.max(0, lines.length - input.lines));
}

async function chosenDynos(context: Context, input: LogsInput): Promise<Dyno[]> {
  const dynos = await context.scheduler.list(input.app);
  const chosen = dynos.filter((dyno) => isChosen(dyno, input.processes));
  if (chosen.length === 0 && input.processes.length > 0 && !input.follow) {
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

async function* linesOf(
  context: Context,
  dyno: Dyno,
  input: Pick<LogsInput, "follow" | "signal">,
  lines: number,
): AsyncGenerator<DynoLogLine> {
  const options = { follow: input.follow, lines, signal: input.signal };
  for await (const line of context.scheduler.logs(dyno.id, options)) {
    yield { ...line, app: dyno.app, dyno: dynoName(dyno) };
  }
}

// A reader slower than the dynos makes us wait here, and so them at the engine, instead of filling our memory.
const unreadLimit = 1_000;

/** Goes on over deploys: dynos that start later are followed from their first line. */
async function* follow(context: Context, input: LogsInput): AsyncGenerator<DynoLogLine> {
  const ended = new AbortController();
  const signal = AbortSignal.any([input.signal, ended.signal]);
  const channel = new Channel<DynoLogLine>();
  const followed = new Set<string>();
  const followOne = async (dyno: Dyno, lines: number) => {
    if (followed.has(dyno.id)) return;
    followed.add(dyno.id);
    for await (const line of linesOf(context, dyno, { follow: true, signal }, lines)) {
      channel.push(line);
      while (channel.length > unreadLimit && !signal.aborted) await delay(20);
    }
    // A dyno that the engine restarts is followed again; what it wrote before is not repeated.
    followed.delete(dyno.id);
  };
  const run = async () => {
    const events = await context.scheduler.watch(signal);
    const background = (dyno: Dyno, lines: number) => {
      followOne(dyno, lines).catch((error: unknown) => {
        if (!signal.aborted) context.logger.warn({ err: error, app: dyno.app }, "log of a dyno broke off");
      });
    };
    const shares = await lastShares(context, input);
    for (const line of shares.lines) channel.push(line);
    for (const dyno of shares.dynos) background(dyno, 0);
    for await (const event of events) {
      if (event.type !== "started" || event.app !== input.app) continue;
      const dyno = (await chosenDynos(context, input)).find((candidate) => candidate.id === event.id);
      if (dyno !== undefined) background(dyno, dyno.restarts === 0 ? Number.MAX_SAFE_INTEGER : 0);
    }
  };
  input.signal.addEventListener("abort", () => channel.close(), { once: true });
  run().then(
    () => channel.close(),
    (error: unknown) => channel.close(signal.aborted ? undefined : error),
  );
  try {
    yield* channel;
  } finally {
    ended.abort();
  }
}

async function lastShares(context: Context, input: LogsInput): Promise<{ dynos: Dyno[]; lines: DynoLogLine[] }> {
  const dynos = await chosenDynos(context, input);
  const lines = input.lines === 0 ? [] : await Array.fromAsync(last(context, { ...input, follow: false }));
  return { dynos, lines };
}
