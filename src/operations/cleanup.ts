import { messageOf } from "../model/errors.ts";
import { imagesOf } from "../model/runtime.ts";
import type { Context } from "./context.ts";
import type { CleanupReport } from "./operations.ts";
import { prune } from "./prune.ts";
import { appByName } from "./require-app.ts";

const unusedCacheMs = 30 * 24 * 3_600_000;

/**
 * Removes what Berth made and no longer needs: images that no release can go back to, those that no release has at all, and
 * caches of apps that are gone, or not built for a month. Nothing that is in use, and nothing that Berth did not make.
 */
export async function cleanup(context: Context, input: { app: string | undefined }): Promise<CleanupReport> {
  const apps = context.store.read((view) =>
    input.app === undefined ? view.apps.list() : [appByName(view, input.app)],
  );
  const before = { images: await context.images.list(), free: await context.freeDiskBytes() };
  for (const app of apps) await prune(context, app.id);
  let leftovers = 0;
  if (input.app === undefined) {
    await removeOrphans(context, before.images);
    leftovers = await removeLeftovers(context);
  }
  const left = new Set(await context.images.list());
  return {
    images: before.images.filter((image) => !left.has(image)),
    leftovers,
    freedBytes: Math.max(0, (await context.freeDiskBytes()) - before.free),
  };
}

async function removeLeftovers(context: Context): Promise<number> {
  // What a build is making has no name yet.
  if (context.store.read((view) => view.builds.withStatus("running")).length > 0) return 0;
  return context.images.removeLeftovers(() => builtLately(context));
}

/** The others begin anew when they are built again. */
function builtLately(context: Context): string[] {
  const since = context.now() - unusedCacheMs;
  return context.store.read((view) =>
    view.apps
      .list()
      .map(({ id }) => id)
      .filter((id) => (view.builds.of(id).at(-1)?.startedAt ?? 0) >= since),
  );
}

/** Of those that were there before: the image of a build that has just ended has no release for a while. */
async function removeOrphans(context: Context, images: readonly string[]): Promise<void> {
  const state = context.store.read((view) => ({
    wanted: new Set(view.apps.list().flatMap((app) => view.releases.of(app.id).flatMap(imagesOf))),
    building: view.builds.withStatus("running").map((build) => build.id),
  }));
  for (const image of images) {
    if (state.wanted.has(image) || state.building.some((id) => isOfBuild(image, id))) continue;
    await context.images.remove(image).catch((error: unknown) => {
      context.logger.debug({ reason: messageOf(error), image }, "image of no release could not be removed");
    });
  }
}

/** One of several images of a build has a name of its own behind the build's. */
function isOfBuild(image: string, id: string): boolean {
  const tag = image.slice(image.lastIndexOf(":") + 1);
  return tag === id || tag.startsWith(`${id}-`);
}
