import { setTimeout as delay } from "node:timers/promises";
import { Channel } from "../lib/channel.ts";
import type { Dyno } from "../model/dyno.ts";
import type { LogPosition } from "../routing/router-logs.ts";
import type { Context } from "./context.ts";
import {
  chosenDynos,
  type LogsInput,
  lastOfEach,
  lastOfRouter,
  linesOf,
  merged,
  routerLine,
  wantsRouter,
} from "./log-lines.ts";
import type { DynoLogLine } from "./operations.ts";
import { OrderedLines } from "./ordered-lines.ts";

// A reader slower than the dynos makes us wait here, and so them at the engine, instead of filling our memory.
const unreadLimit = 1_000;
// Workers write their lines, and we read them, five times a second.
const routerLateMs = 500;

/** Goes on over deploys: dynos that start later are followed from their first line. */
export async function* follow(context: Context, input: LogsInput): AsyncGenerator<DynoLogLine> {
  const ended = new AbortController();
  const signal = AbortSignal.any([input.signal, ended.signal]);
  const channel = new Channel<DynoLogLine>();
  input.signal.addEventListener("abort", () => channel.close(), { once: true });
  feed(context, { ...input, signal }, channel).then(
    () => channel.close(),
    (error: unknown) => channel.close(signal.aborted ? undefined : error),
  );
  try {
    yield* channel;
  } finally {
    ended.abort();
  }
}

async function feed(context: Context, input: LogsInput, channel: Channel<DynoLogLine>): Promise<void> {
  // Dynos' lines come at once, the router's in batches.
  const ordered = new OrderedLines(channel, wantsRouter(input) ? routerLateMs : 0);
  const follower = new Follower(context, input.signal, ordered);
  const events = await context.scheduler.watch(input.signal);
  // One line at least, to know where each goes on.
  const found = await lastOfEach(context, input, Math.max(1, input.lines));
  const ofRouter = await lastOfRouter(context, input, input.lines);
  for (const line of merged([...found, ofRouter], input.lines)) channel.push(line);
  for (const { dyno, lines } of found) follower.follow(dyno, lines.at(-1)?.time);
  if (wantsRouter(input)) follower.followRouter(input.app, ofRouter.end);
  for await (const event of events) {
    if (event.type !== "started" || event.app !== input.app) continue;
    const dyno = (await chosenDynos(context, input)).find((candidate) => candidate.id === event.id);
    if (dyno !== undefined) follower.follow(dyno);
  }
}

interface Followed {
  /** Time of the last line that was passed on: nothing is repeated, nothing left out. */
  last: string | undefined;
  reading: boolean;
  /** The engine has started it again before the end of its lines was read. */
  again: boolean;
}

class Follower {
  readonly #context: Context;
  readonly #signal: AbortSignal;
  readonly #lines: OrderedLines;
  readonly #followed = new Map<string, Followed>();

  constructor(context: Context, signal: AbortSignal, lines: OrderedLines) {
    this.#context = context;
    this.#signal = signal;
    this.#lines = lines;
  }

  /** Once more for a dyno that was started again. */
  follow(dyno: Dyno, last?: string): void {
    const followed = this.#followed.get(dyno.id) ?? { last, reading: false, again: false };
    this.#followed.set(dyno.id, followed);
    if (followed.reading) {
      followed.again = true;
      return;
    }
    followed.reading = true;
    this.#read(dyno, followed)
      .catch((error: unknown) => {
        if (!this.#signal.aborted) this.#context.logger.warn({ err: error, app: dyno.app }, "log of a dyno broke off");
      })
      .finally(() => {
        followed.reading = false;
        if (followed.again && !this.#signal.aborted) this.follow(dyno);
      });
  }

  async #read(dyno: Dyno, followed: Followed): Promise<void> {
    followed.again = false;
    const after = followed.last === undefined ? {} : { after: followed.last };
    const options = { follow: true, lines: Number.MAX_SAFE_INTEGER, signal: this.#signal, ...after };
    for await (const line of linesOf(this.#context, dyno, options)) {
      followed.last = line.time;
      await this.#pass(line);
    }
  }

  followRouter(app: string, from: LogPosition): void {
    const read = async () => {
      for await (const line of this.#context.routerLogs.follow(app, from, this.#signal)) {
        await this.#pass(routerLine(app, line));
      }
    };
    read().catch((error: unknown) => {
      if (!this.#signal.aborted) this.#context.logger.warn({ err: error, app }, "the router's log broke off");
    });
  }

  async #pass(line: DynoLogLine): Promise<void> {
    this.#lines.push(line);
    while (this.#lines.length > unreadLimit && !this.#signal.aborted) await delay(20);
  }
}
