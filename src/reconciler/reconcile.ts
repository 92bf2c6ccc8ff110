import type { App } from "../model/app.ts";
import type { Dyno } from "../model/dyno.ts";
import type { Release } from "../model/release.ts";
import type { Context } from "../operations/context.ts";
import { routesOf } from "../operations/publish-routes.ts";
import { currentRelease } from "../operations/require-app.ts";
import { transition } from "../operations/transition.ts";
import { type Difference, difference, wantedOfApp } from "../operations/wanted-dynos.ts";

const probeTimeoutMs = 1_000;

/**
 * Makes what Docker runs equal to what the store wants, one app at a time. An app under its lock is left alone: whoever
 * holds it is changing exactly this. The lock is taken only where there is something to repair, so that a look in passing
 * does not refuse a user's command.
 */
export async function reconcileApp(context: Context, appId: string): Promise<void> {
  if (context.locks.isHeld(appId)) return;
  const plan = await planRepair(context, appId);
  if (plan === undefined || context.locks.isHeld(appId)) return;
  await context.locks.hold(plan.app, "repair of its dynos", async () => {
    // What was seen without the lock may have been changed since.
    const sure = await planRepair(context, appId);
    if (sure === undefined) return;
    const { app, start, stop } = sure;
    context.logger.info({ app: app.name, start: start.length, stop: stop.length }, "repairing dynos");
    const job = { progress: silent, signal: new AbortController().signal, actor: "reconciler" };
    await transition(context, { ...sure, activate: () => undefined }, job);
  });
}

type Repair = Difference & { readonly app: App; readonly release: Release | undefined };

/** Undefined where nothing is to be done, or the app is gone. */
async function planRepair(context: Context, appId: string): Promise<Repair | undefined> {
  const state = context.store.read((view) => {
    const app = view.apps.byId(appId);
    if (app === undefined) return undefined;
    return { app, release: currentRelease(view, app), formation: view.formation.of(appId) };
  });
  if (state === undefined) return undefined;
  const { app, release, formation } = state;
  const existing = await context.scheduler.list(app.name);
  context.inService.retain(appId, new Set(existing.map((dyno) => dyno.id)));
  const actual = existing.filter((dyno) => !context.retiring.has(dyno.id));
  const plan = difference(wantedOfApp(app, release, formation), actual, release?.version ?? 0);
  return plan.start.length === 0 && plan.stop.length === 0 ? undefined : { app, release, ...plan };
}

const silent = { step() {}, headline() {}, detail() {}, warn() {}, line() {} };

/**
 * At the start of the daemon: finds out which dynos serve and hands the router its first table. Nothing is started or
 * stopped yet, so an app that runs is not disturbed.
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
  await context.publisher.replace(
    apps.map((app) => routesOf(context, app.id)).filter((routes) => routes !== undefined),
  );
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
  context.store.write((changes) => {
    for (const build of changes.builds.withStatus("running")) {
      changes.builds.update({ ...build, status: "abandoned", finishedAt: context.now() });
    }
  });
}
