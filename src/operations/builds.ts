import { setTimeout as sleep } from "node:timers/promises";
import type { Build } from "../model/build.ts";
import { UserError } from "../model/errors.ts";
import type { Context } from "./context.ts";
import { pruneBuilds } from "./prune.ts";
import { appByName } from "./require-app.ts";

const followEveryMs = 300;

/** Newest first, with the name of the app. */
export async function listBuilds(
  context: Context,
  input: { app: string | undefined },
): Promise<{ app: string; build: Build }[]> {
  return context.store.read((view) => {
    const apps = input.app === undefined ? view.apps.list() : [appByName(view, input.app)];
    const builds = apps.flatMap((app) => view.builds.of(app.id).map((build) => ({ app: app.name, build })));
    return builds.sort((a, b) => b.build.startedAt - a.build.startedAt);
  });
}

/** The one of this id, or the newest where `id` is undefined or `current`. Throws `build-missing`. */
export async function buildOf(context: Context, input: { app: string; id: string | undefined }): Promise<Build> {
  const { app, builds } = context.store.read((view) => {
    const found = appByName(view, input.app);
    return { app: found, builds: view.builds.of(found.id) };
  });
  const newest = input.id === undefined || input.id === "current";
  const build = newest ? builds.at(-1) : builds.find(({ id }) => id === input.id);
  if (build !== undefined) return build;
  const message = newest ? `App ${app.name} has no builds` : `App ${app.name} has no build ${input.id}`;
  throw new UserError("build-missing", message, { hint: `See what there is: builds:list ${app.name}` });
}

/** What the build has printed, and of one that runs all that is still to come. */
export async function buildOutput(
  context: Context,
  input: { app: string; id: string | undefined; signal: AbortSignal },
): Promise<AsyncIterable<string>> {
  const build = await buildOf(context, input);
  return follow(context, build.id, AbortSignal.any([input.signal, context.stopping]));
}

async function* follow(context: Context, id: string, signal: AbortSignal): AsyncIterable<string> {
  for (let shown = 0; !signal.aborted; ) {
    // Asked in this order: what a build writes with its end must not be missed.
    const running = context.store.read((view) => view.builds.byId(id)?.status === "running");
    const log = context.store.read((view) => view.builds.log(id));
    const end = running ? log.lastIndexOf("\n") + 1 : log.length;
    const piece = log.slice(shown, end).replace(/\n$/, "");
    if (end > shown) yield* piece.split("\n");
    shown = end;
    if (!running) return;
    await sleep(followEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Throws `nothing-to-cancel`. The deploy's own caller is told, and the release before it goes on serving. */
export async function cancelBuild(context: Context, input: { app: string; actor: string }): Promise<void> {
  const app = context.store.read((view) => appByName(view, input.app));
  const reason = new UserError("canceled", `Canceled by ${input.actor}`, {
    hint: "What was running before still runs",
  });
  if (context.buildQueue.cancel(app.id, reason)) return;
  throw new UserError("nothing-to-cancel", `App ${app.name} has no build under way`);
}

/** Forgets builds beyond the retention, with their output. Gives how many. */
export async function pruneBuildRecords(context: Context, input: { app: string | undefined }): Promise<number> {
  const apps = context.store.read((view) =>
    input.app === undefined ? view.apps.list() : [appByName(view, input.app)],
  );
  return apps.map((app) => pruneBuilds(context, app.id)).reduce((sum, count) => sum + count, 0);
}
