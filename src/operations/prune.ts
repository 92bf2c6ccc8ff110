import type { App } from "../model/app.ts";
import { messageOf } from "../model/errors.ts";
import type { Release } from "../model/release.ts";
import { imagesOf } from "../model/runtime.ts";
import type { Context } from "./context.ts";
import { textProperty } from "./properties.ts";

// Each holds the config vars of its time, and all of them are read whenever the app changes.
const longestHistory = 100;

/**
 * Removes the images of releases too old to go back to, and forgets the oldest releases and builds. The current release's image
 * stays, however old it is, and so does one that a newer release shares (a config change or a rollback makes a release without a
 * build).
 */
export async function prune(context: Context, appId: string): Promise<void> {
  // Alone: a rollback that has seen its image must not lose it to us.
  await context.locks.upkeep(appId, (giveWay) => pruneAlone(context, appId, giveWay));
}

async function pruneAlone(context: Context, appId: string, giveWay: AbortSignal): Promise<void> {
  const { app, releases } = context.store.read((view) => ({
    app: view.apps.byId(appId),
    releases: view.releases.of(appId),
  }));
  if (app === undefined) return;
  const newest = releases.slice(-context.settings.keepReleases);
  const kept = new Set(newest.flatMap(imagesOf));
  for (const release of releases) {
    if (release.id === app.currentReleaseId) for (const image of imagesOf(release)) kept.add(image);
  }
  const old = new Set(releases.flatMap(imagesOf).filter((image) => !kept.has(image)));
  pruneBuilds(context, appId);
  for (const image of old) {
    if (giveWay.aborted) return;
    // A dyno of an old release may still be draining; the engine then refuses, and the next deploy tries again.
    await context.images.remove(image).catch((error: unknown) => {
      context.logger.debug({ reason: messageOf(error), image }, "image could not be removed yet");
    });
  }
  forgetReleases(context, app, releases);
}

function forgetReleases(context: Context, app: App, releases: readonly Release[]): void {
  const kept = Math.max(longestHistory, context.settings.keepReleases);
  const forgotten = releases.slice(0, -kept).filter(({ id }) => id !== app.currentReleaseId);
  if (forgotten.length === 0) return;
  context.store.write((changes) => {
    for (const { id } of forgotten) changes.releases.remove(id);
  });
}

/** Forgets the oldest builds of the app, with their logs. Gives how many. */
export function pruneBuilds(context: Context, appId: string): number {
  const retention = Number(textProperty(context, appId, "builds.retention"));
  return context.store.write((changes) => {
    const old = changes.builds.of(appId).slice(0, -retention);
    const ended = old.filter((build) => build.status !== "running");
    for (const build of ended) changes.builds.remove(build.id);
    return ended.length;
  });
}
