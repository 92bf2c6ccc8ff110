import type { App, ConfigVars } from "../model/app.ts";
import type { Release } from "../model/release.ts";
import type { Changes } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { runReleasePhase } from "./release-phase.ts";
import { activateRelease, draftRelease } from "./releases.ts";
import { replaceDynos } from "./replace-dynos.ts";
import { appByName, currentRelease } from "./require-app.ts";

interface ConfigChange {
  readonly app: string;
  readonly restart: boolean;
  readonly description: string;
  readonly change: (before: ConfigVars) => ConfigVars;
}

/** All or nothing: when the app does not start with the new values, the old ones stay. */
export async function changeConfig(context: Context, input: ConfigChange, job: Job): Promise<Release | undefined> {
  const { app, release } = context.store.read((view) => {
    const found = appByName(view, input.app);
    return { app: found, release: currentRelease(view, found) };
  });
  return context.locks.hold(app, `config change by ${job.actor}`, async () => {
    const before = context.store.read((view) => view.config.of(app.id));
    const after = input.change(before);
    if (release === undefined || !input.restart) {
      context.store.write((changes) => storeConfig(changes, app, before, after));
      return undefined;
    }
    const next = draftRelease(context, app, {
      image: release.image,
      processTypes: release.processTypes,
      runtime: release.runtime,
      commit: release.commit,
      buildId: release.buildId,
      config: after,
      description: input.description,
      createdBy: job.actor,
    });
    job.progress.step(`Restarting app ${app.name}`);
    await runReleasePhase(context, { app, release: next }, job);
    const activate = () =>
      context.store.write((changes) => {
        storeConfig(changes, app, before, after);
        activateRelease(changes, next);
      });
    await replaceDynos(context, { app, release: next, activate }, job);
    return next;
  });
}

/** Makes the app's config vars equal to `after`. */
export function storeConfig(changes: Changes, app: App, before: ConfigVars, after: ConfigVars): void {
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  if (gone.length > 0) changes.config.unset(app.id, gone);
  changes.config.set(app.id, after);
}
