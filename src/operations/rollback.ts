import type { App } from "../model/app.ts";
import { UserError } from "../model/errors.ts";
import type { Release } from "../model/release.ts";
import { imagesOf } from "../model/runtime.ts";
import { storeConfig } from "./change-config.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { runReleasePhase } from "./release-phase.ts";
import { activateRelease, draftRelease } from "./releases.ts";
import { replaceDynos } from "./replace-dynos.ts";
import { deployedApp } from "./require-app.ts";
import { waitingVars } from "./stored-config.ts";

/** A new release with image, config and process types of an older one, as Heroku's rollback. */
export async function rollback(
  context: Context,
  input: { app: string; version: number | undefined },
  job: Job,
): Promise<Release> {
  const { app, release: current } = context.store.read((view) => deployedApp(view, input.app));
  const version = input.version ?? current.version - 1;
  const target = context.store.read((view) => view.releases.byVersion(app.id, version));
  if (target === undefined) throw releaseMissing(app, version, input.version === undefined);
  return context.locks.hold(app, `rollback to v${version} by ${job.actor}`, async () => {
    await requireImage(context, app, target);
    const next = draftRelease(context, app, {
      image: target.image,
      config: target.config,
      processTypes: target.processTypes,
      runtime: target.runtime,
      commit: target.commit,
      buildId: target.buildId,
      description: `Rollback to v${version}`,
      createdBy: job.actor,
    });
    const waiting = context.store.read((view) => waitingVars(view, { app, release: current }));
    if (waiting.length > 0) {
      job.progress.warn(
        `Config vars that were changed without a restart are as in v${version} again: ${waiting.join(", ")}`,
      );
    }
    job.progress.step(`Rolling back ${app.name} to v${version}, as v${next.version}`);
    await runReleasePhase(context, { app, release: next }, job);
    const activate = () =>
      context.store.write((changes) => {
        storeConfig(changes, app, changes.config.of(app.id), target.config);
        activateRelease(changes, next);
      });
    await replaceDynos(context, { app, release: next, activate }, job);
    return next;
  });
}

function releaseMissing(app: App, version: number, implied: boolean): UserError {
  const message = implied ? `App ${app.name} has no earlier release` : `App ${app.name} has no release v${version}`;
  return new UserError("release-missing", message, { hint: `See what there is: releases ${app.name}` });
}

async function requireImage(context: Context, app: App, target: Release): Promise<void> {
  const there = await Promise.all(imagesOf(target).map((image) => context.images.exists(image)));
  if (there.every(Boolean)) return;
  throw new UserError("image-missing", `The image of v${target.version} is no longer kept`, {
    hint: `Push the commit again${target.commit === undefined ? "" : ` (${target.commit.slice(0, 7)})`}, or choose a later one of: releases ${app.name}`,
  });
}
