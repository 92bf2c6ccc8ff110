import { setTimeout as delay } from "node:timers/promises";
import { type Dyno, dynoName } from "../model/dyno.ts";
import { UserError } from "../model/errors.ts";
import type { Listener } from "../schedulers/scheduler.ts";
import type { Context } from "./context.ts";
import type { Deaths } from "./deaths.ts";
import type { Job } from "./operations.ts";

const probeTimeoutMs = 1_000;
const firstPauseMs = 15;
const longestPauseMs = 200;
// A dyno that listens on a wrong port will rarely move: say so long before the timeout.
const hintAfterMs = 5_000;
const logLinesShown = 30;

interface HealthJob extends Pick<Job, "progress" | "signal"> {
  readonly timeoutMs: number;
  readonly deaths: Deaths;
}

/**
 * Resolves when all dynos are healthy: a web dyno accepts connections on its port, another one stays alive for
 * the settle time. Throws `dyno-unhealthy` as soon as one ends, or is not healthy in time, with its last log lines and the
 * reason.
 */
export async function waitUntilHealthy(context: Context, dynos: readonly Dyno[], job: HealthJob): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([job.signal, failed.signal]);
  const waits = dynos.map((dyno) => waitForOne(context, dyno, { ...job, signal }));
  try {
    await Promise.all(waits);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(waits);
    throw error;
  }
}

function waitForOne(context: Context, dyno: Dyno, job: HealthJob): Promise<void> {
  const { address, port } = dyno;
  if (address === undefined || port === undefined) return waitUntilSettled(context, dyno, job);
  return waitUntilListening(context, { ...dyno, address, port }, job);
}

/** A process without a port has nothing to show but staying alive; what fails at boot mostly fails within this time. */
async function waitUntilSettled(context: Context, dyno: Dyno, job: HealthJob): Promise<void> {
  const begin = performance.now();
  while (performance.now() - begin < context.settings.settleMs) {
    await delay(Math.min(longestPauseMs, context.settings.settleMs), undefined, { signal: job.signal });
    await requireAlive(context, dyno, job.deaths);
  }
}

type WebDyno = Dyno & { readonly address: string; readonly port: number };

async function waitUntilListening(context: Context, dyno: WebDyno, job: HealthJob): Promise<void> {
  const begin = performance.now();
  let pause = firstPauseMs;
  let hinted = false;
  while (!(await context.probe(dyno.address, dyno.port, probeTimeoutMs))) {
    await requireAlive(context, dyno, job.deaths);
    const now = performance.now();
    if (now - begin >= job.timeoutMs) throw await neverListened(context, dyno, job.timeoutMs);
    if (!hinted && now - begin >= hintAfterMs) {
      hinted = true;
      const elsewhere = describeListeners(await context.scheduler.listeners(dyno.id), dyno.port);
      if (elsewhere !== undefined) job.progress.warn(`${dynoName(dyno)} is ${elsewhere}; still waiting`);
    }
    await delay(pause, undefined, { signal: job.signal });
    pause = Math.min(pause * 1.5, longestPauseMs);
  }
}

async function requireAlive(context: Context, dyno: Dyno, deaths: Deaths): Promise<void> {
  const death = deaths.of(dyno.id);
  if (death === undefined) return;
  const how = death.exitCode === undefined ? "ended" : `exited with code ${death.exitCode}`;
  throw await unhealthy(context, dyno, `${dynoName(dyno)} ${how} right after its start`);
}

async function neverListened(context: Context, dyno: WebDyno, timeoutMs: number): Promise<UserError> {
  const seconds = Math.round(timeoutMs / 1000);
  const elsewhere = describeListeners(await context.scheduler.listeners(dyno.id), dyno.port);
  const reason = elsewhere ?? "it listens on no port";
  return unhealthy(
    context,
    dyno,
    `${dynoName(dyno)} did not listen on PORT ${dyno.port} within ${seconds} s: ${reason}`,
  );
}

async function unhealthy(context: Context, dyno: Dyno, message: string): Promise<UserError> {
  const lines = await lastLogLines(context, dyno);
  const details =
    lines.length === 0
      ? [`${dynoName(dyno)} wrote no log line`]
      : [`Last lines of ${dynoName(dyno)}:`, ...lines.map((line) => `  ${line}`)];
  const hint =
    dyno.port === undefined
      ? `A process must keep running: its line in the Procfile is ${dyno.processType}`
      : "A web process must listen on 0.0.0.0, on the port in the environment variable PORT";
  return new UserError("dyno-unhealthy", message, { details, hint });
}

async function lastLogLines(context: Context, dyno: Dyno): Promise<string[]> {
  const lines: string[] = [];
  const options = { follow: false, lines: logLinesShown, signal: AbortSignal.timeout(5_000) };
  try {
    for await (const line of context.scheduler.logs(dyno.id, options)) lines.push(line.text);
  } catch (error) {
    context.logger.warn({ err: error, dyno: dynoName(dyno), app: dyno.app }, "log of a failed dyno could not be read");
  }
  return lines;
}

/** "listening on 3000, PORT is 5000", or undefined where nothing listens. */
export function describeListeners(listeners: readonly Listener[], port: number): string | undefined {
  const onPort = listeners.find((listener) => listener.port === port);
  if (onPort !== undefined) {
    return `listening on ${onPort.address}:${port} only, where the router cannot reach it: bind to 0.0.0.0`;
  }
  const ports = [...new Set(listeners.map((listener) => listener.port))];
  return ports.length === 0 ? undefined : `listening on ${ports.join(", ")}, PORT is ${port}`;
}
