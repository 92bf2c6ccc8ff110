import { messageOf } from "../model/errors.ts";
import { imagesOf } from "../model/runtime.ts";
import type { Context } from "./context.ts";

/** How many builds of an app are remembered, with their logs (Dokku's default). */
const keepBuilds = 20;

/**
 * Removes the images of releases too old to go back to. The current release's image stays, however old it is, and so does
 * one that a newer release shares (a config change or a rollback makes a release without a build).
 */
export async function pruneImages(context: Context, appId: string): Promise<void> {
  // Alone: a rollback that has seen its image must not lose it to us.
  await context.locks.upkeep(appId, (giveWay) => prune(context, appId, giveWay));
}

async function prune(context: Context, appId: string, giveWay: AbortSignal): Promise<void> {
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
}

function pruneBuilds(context: Context, appId: string): void {
  context.store.write((changes) => {
    const builds = changes.builds.of(appId);
    for (const build of builds.slice(0, -keepBuilds)) if (build.status !== "running") changes.builds.remove(build.id);
  });
}
