import type { App } from "../model/app.ts";
import type { Release } from "../model/release.ts";
import type { Changes } from "../store/store.ts";
import type { Context } from "./context.ts";
import { newReleaseId } from "./ids.ts";
import { appByName, currentRelease } from "./require-app.ts";

type Content = Pick<
  Release,
  "image" | "config" | "processTypes" | "runtime" | "commit" | "buildId" | "description" | "createdBy"
>;

/**
 * The next release, not stored yet. Its version is sure because the caller holds the app's lock; when the release comes to
 * nothing, the next attempt gets the same version.
 */
export function draftRelease(context: Context, app: App, content: Content): Release {
  const version = context.store.read((view) => view.releases.nextVersion(app.id));
  return { id: newReleaseId(), appId: app.id, version, createdAt: context.now(), ...content };
}

/** Stores the release and makes it the one that serves. */
export function activateRelease(changes: Changes, release: Release, app: Partial<App> = {}): void {
  const stored = changes.apps.byId(release.appId);
  if (stored === undefined) throw new Error(`app of release ${release.id} is gone`);
  changes.releases.insert(release);
  changes.apps.update({ ...stored, ...app, currentReleaseId: release.id });
}

export async function releases(
  context: Context,
  input: { app: string },
): Promise<{ releases: Release[]; current: Release | undefined }> {
  return context.store.read((view) => {
    const app = appByName(view, input.app);
    return { releases: view.releases.of(app.id), current: currentRelease(view, app) };
  });
}
