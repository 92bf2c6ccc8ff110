import { forEachLimited } from "../lib/for-each-limited.ts";
import type { App } from "../model/app.ts";
import { maskOf } from "../model/config-secrets.ts";
import { type Dyno, type DynoOrigin, type DynoSpec, dynoName } from "../model/dyno.ts";
import { messageOf, UserError } from "../model/errors.ts";
import { maskError } from "../model/masked-progress.ts";
import type { Release } from "../model/release.ts";
import { type DynoRuntime, imageCommand, serviceOf } from "../model/runtime.ts";
import { type Context, defaultPort } from "./context.ts";
import { Deaths } from "./deaths.ts";
import { drain, websocketGrace } from "./drain.ts";
import { waitUntilHealthy } from "./health.ts";
import type { Job } from "./operations.ts";
import { durationProperty, textProperty } from "./properties.ts";
import { publishRoutes } from "./publish-routes.ts";
import type { WantedDyno } from "./wanted-dynos.ts";
import { wavesOf } from "./waves.ts";

/** From the dynos that run to those that should: what every verb that touches dynos comes down to. */
export interface Transition {
  readonly app: App;
  /** What the new dynos run. Not needed where none is started. */
  readonly release: Release | undefined;
  readonly start: readonly WantedDyno[];
  readonly stop: readonly Dyno[];
  /** Makes the change in the store, once the new dynos are healthy and before a request reaches them. */
  readonly activate: () => void | Promise<void>;
  /** The app may have another name after `activate`; its old one then leaves the route table. */
  readonly nameBefore?: string;
  /** Wait until the old dynos have ended, or let that go on in the background. */
  readonly awaitStop?: boolean;
}

// Docker starts containers at about five a second whatever we do; more at once only makes each of them slower.
const startsAtOnce = 4;

/**
 * Zero downtime is this order: new dynos healthy, state changed, routes in force in every worker, old dynos drained, old
 * dynos stopped. A failure before `activate` removes the new dynos and leaves everything as it was.
 */
export async function transition(context: Context, plan: Transition, job: Job): Promise<void> {
  const fresh = await startHealthy(context, plan, job);
  try {
    await plan.activate();
  } catch (error) {
    await removeAll(context, fresh);
    throw error;
  }
  context.inService.change(plan.app.id, { add: fresh.filter(isWeb), remove: plan.stop });
  await publishRoutes(context, plan.app.id);
  // Not before: the app's own domains lead to it under both names.
  if (plan.nameBefore !== undefined) await context.publisher.withdraw(plan.nameBefore);
  if (plan.awaitStop === true) await retire(context, plan.stop);
  else {
    const upgradesMs = websocketGrace(context, plan.app.id);
    context.background.run("retire old dynos", () => retire(context, plan.stop, upgradesMs));
  }
}

async function startHealthy(context: Context, plan: Transition, job: Job): Promise<Dyno[]> {
  const { app, release, start } = plan;
  if (release === undefined || start.length === 0) return [];
  const started: Dyno[] = [];
  const watched = new AbortController();
  try {
    const deaths = await Deaths.open(context.scheduler, watched.signal);
    const timeoutMs = durationProperty(context, app.id, "checks.timeout");
    for (const wave of wavesOf(start, release)) {
      const fresh: Dyno[] = [];
      await forEachLimited(wave, startsAtOnce, async (wanted) => {
        job.signal.throwIfAborted();
        await stopHolder(context, plan, wanted);
        const dyno = await context.scheduler.start(dynoSpec(context, app, release, wanted));
        started.push(dyno);
        fresh.push(dyno);
      });
      await waitUntilHealthy(context, fresh, { progress: job.progress, signal: job.signal, timeoutMs, deaths });
    }
  } catch (error) {
    await removeAll(context, started);
    if (job.signal.aborted) throw canceled(job.signal);
    // It shows the last words of a dyno, and logs of a CI system keep it.
    throw maskError(error, maskOf(release.config, [app.name]));
  } finally {
    watched.abort();
  }
  return started;
}

/**
 * Two processes must not write the same data: who holds a volume ends before its successor starts. Where that one then
 * fails, the reconciler starts the old one again.
 */
async function stopHolder(context: Context, { release, stop }: Transition, wanted: WantedDyno): Promise<void> {
  const { volumes = [] } = release === undefined ? {} : serviceOf(release, wanted.processType);
  if (volumes.every(({ readOnly }) => readOnly)) return;
  for (const dyno of stop) if (dynoName(dyno) === dynoName(wanted)) await context.scheduler.stop(dyno.id);
}

/** What an aborted job ends with. */
export function canceled(signal: AbortSignal): UserError {
  const reason: unknown = signal.reason;
  if (reason instanceof UserError) return reason;
  return new UserError("canceled", `Canceled: ${messageOf(reason)}`, { hint: "What was running before still runs" });
}

export function dynoSpec(context: Context, app: App, release: Release, wanted: WantedDyno): DynoSpec {
  const service = serviceOf(release, wanted.processType);
  return {
    app: app.name,
    processType: wanted.processType,
    number: wanted.number,
    release: release.version,
    image: service.image ?? release.image,
    command: wanted.command,
    runtime: dynoRuntime(app, release, wanted),
    config: { ...service.environment, ...release.config },
    port: wanted.processType === "web" ? portOf(release) : undefined,
    restartPolicy: textProperty(context, app.id, "ps.restart-policy"),
    stopTimeoutSeconds: durationProperty(context, app.id, "ps.stop-timeout-seconds") / 1000,
    origin: originOf(release),
  };
}

function originOf({ config, version: _, ...release }: Release): DynoOrigin {
  return { ...release, configKeys: Object.keys(config) };
}

/** The app may choose its port by a config var PORT, as with buildstep; an image does by what it EXPOSEs. */
export function portOf(release: Release): number {
  const port = Number(release.config.PORT);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  return serviceOf(release, "web").port ?? release.runtime?.port ?? defaultPort;
}

function dynoRuntime(app: App, release: Release, wanted: WantedDyno): DynoRuntime | undefined {
  if (release.runtime === undefined) return undefined;
  const { command, entrypoint, user, workingDir, volumes, aliases } = serviceOf(release, wanted.processType);
  return {
    appId: app.id,
    command: command ?? imageCommand(wanted.command),
    ...(entrypoint && { entrypoint }),
    ...(user !== undefined && { user }),
    ...(workingDir !== undefined && { workingDir }),
    volumes: volumes ?? [],
    aliases: aliases ?? [],
  };
}

function isWeb(dyno: Dyno): boolean {
  return dyno.processType === "web";
}

/** Waits until no router worker has an open request on them, or the drain timeout, and stops them. */
export async function retire(context: Context, dynos: readonly Dyno[], upgradesMs?: number): Promise<void> {
  if (dynos.length === 0) return;
  const ids = dynos.map((dyno) => dyno.id);
  for (const id of ids) context.retiring.add(id);
  try {
    const web = dynos.filter(isWeb).map((dyno) => dyno.id);
    if (await drain(context, web, upgradesMs)) await removeAll(context, dynos);
  } finally {
    for (const id of ids) context.retiring.delete(id);
  }
}

async function removeAll(context: Context, dynos: readonly Dyno[]): Promise<void> {
  const results = await Promise.allSettled(dynos.map((dyno) => context.scheduler.stop(dyno.id)));
  for (const [index, result] of results.entries()) {
    const dyno = dynos[index];
    if (result.status === "fulfilled" || dyno === undefined) continue;
    context.logger.error({ err: result.reason, app: dyno.app, dyno: dynoName(dyno) }, "dyno could not be stopped");
  }
}
