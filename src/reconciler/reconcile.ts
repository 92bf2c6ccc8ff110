import type { App } from "../model/app.ts";
import type { Dyno } from "../model/dyno.ts";
import type { Release } from "../model/release.ts";
import type { Context } from "../operations/context.ts";
import { publishAllRoutes } from "../operations/publish-routes.ts";
import { currentRelease } from "../operations/require-app.ts";
import { storeSoon } from "../operations/store-soon.ts";
import { type Transition, transition } from "../operations/transition.ts";
import { type Difference, difference, wantedOfApp } from "../operations/wanted-dynos.ts";

const probeTimeoutMs = 1_000;

/**
 * Makes what Docker runs equal to what the store wants, one app at a time. An app under its lock is left alone: whoever
 * holds it is changing exactly this. Takes the lock only where there is something to repair, and gives it to a user who
 * wants it. Throws why a repair failed; what `signal` or a user has ended did not.
 */
export async function reconcileApp(context: Context, appId: string, signal: AbortSignal): Promise<void> {
  if (context.locks.isHeld(appId) || (await planRepair(context, appId)) === undefined) return;
  await context.locks.upkeep(appId, async (giveWay) => {
    const ended = AbortSignal.any([signal, giveWay]);
    // What was seen without the lock may have been changed since.
    const repair = await planRepair(context, appId);
    if (repair === undefined || ended.aborted) return;
    const { app, start, stop } = repair;
    context.logger.info({ app: app.name, start: start.length, stop: stop.length }, "repairing dynos");
    const job = { progress: silent, signal: ended, actor: "reconciler" };
    const results = await Promise.allSettled(byType(repair).map((part) => transition(context, part, job)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined && !ended.aborted) throw failed.reason;
  });
}

type Repair = Difference & { readonly app: App; readonly release: Release | undefined };

/** A worker that does not come up must not keep the web dynos down: each process type is repaired by itself. */
function byType({ app, release, start, stop }: Repair): Transition[] {
  const types = new Set([...start, ...stop].map(({ processType }) => processType));
  const ofType = (type: string) => (dyno: { processType: string }) => dyno.processType === type;
  const activate = () => undefined;
  return [...types]
    .map(ofType)
    .map((fits) => ({ app, release, start: start.filter(fits), stop: stop.filter(fits), activate }));
}

/** Undefined where nothing is to be done, or the app is gone. */
async function planRepair(context: Context, appId: string): Promise<Repair | undefined> {
  const state = context.store.read((view) => {
    const app = view.apps.byId(appId);
    if (app === undefined) return undefined;
    return { app, release: currentRelease(view, app), formation: view.formation.of(appId) };
  });
  if (state === undefined) return undefined;
  const { app, release, formation } = state;
  const inService = context.inService.ids(appId);
  const existing = await context.scheduler.list(app.name);
  forgetGone(context, appId, inService, existing);
  const actual = existing.filter((dyno) => !context.retiring.has(dyno.id));
  const plan = difference(wantedOfApp(app, release, formation), actual, release?.version ?? 0);
  return plan.start.length === 0 && plan.stop.length === 0 ? undefined : { app, release, ...plan };
}

/** Of those that served before the list was asked for: one that began to serve meanwhile is not in it, and is not gone. */
function forgetGone(context: Context, appId: string, inService: readonly string[], existing: readonly Dyno[]): void {
  const there = new Set(existing.map(({ id }) => id));
  const gone = inService.filter((id) => !there.has(id));
  if (gone.length > 0) context.inService.change(appId, { remove: gone.map((id) => ({ id })) });
}

const silent = { step() {}, headline() {}, detail() {}, warn() {}, line() {} };

/**
 * At the start of the daemon: finds out which dynos serve and hands the router its first table. Nothing of an app
 * is started or stopped yet, so one that runs is not disturbed.
 */
export async function adoptRunning(context: Context): Promise<void> {
  const apps = context.store.read((view) => view.apps.list());
  const dynos = await context.scheduler.list();
  await Promise.all(
    apps.map((app) =>
      adoptApp(
        context,
        app,
        dynos.filter((dyno) => dyno.app === app.name),
      ),
    ),
  );
  await publishAllRoutes(context);
}

async function adoptApp(context: Context, app: App, actual: readonly Dyno[]): Promise<void> {
  const wanted = context.store.read((view) => {
    const release = currentRelease(view, app);
    return { release, dynos: wantedOfApp(app, release, view.formation.of(app.id)) };
  });
  const { keep } = difference(wanted.dynos, actual, wanted.release?.version ?? 0);
  const web = keep.filter((dyno) => dyno.processType === "web");
  context.inService.change(app.id, { add: web });
  await Promise.all(
    web.map(async (dyno) => {
      const { address, port } = dyno;
      const up = address !== undefined && port !== undefined && (await context.probe(address, port, probeTimeoutMs));
      if (!up) context.inService.mark(dyno.id, false);
    }),
  );
}

/** Builds that a daemon before this one left behind. */
export function abandonBuilds(context: Context): void {
  // Known by now: those that begin before there is room to store it are not meant.
  const left = context.store.read((view) => view.builds.withStatus("running"));
  if (left.length === 0) return;
  const finishedAt = context.now();
  storeSoon(context, "end of builds that were left behind", (changes) => {
    for (const { id } of left) {
      const build = changes.builds.byId(id);
      if (build !== undefined) changes.builds.update({ ...build, status: "abandoned", finishedAt });
    }
  });
}
