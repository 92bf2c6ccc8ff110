import type { Image, Source } from "../builders/builder.ts";
import { subfolder } from "../builders/subfolder.ts";
import type { App, Formation } from "../model/app.ts";
import type { AppManifest } from "../model/app-manifest.ts";
import type { Build } from "../model/build.ts";
import type { Release } from "../model/release.ts";
import { imagesOf } from "../model/runtime.ts";
import {
  checkManifestFormation,
  keepManifestFormation,
  readManifest,
  storeManifestEnv,
  warnOfUnhonoured,
} from "./app-manifest.ts";
import { urlsOf } from "./app-urls.ts";
import { buildImage } from "./build-image.ts";
import { openBuildLog } from "./build-log.ts";
import { failBuild, finishBuild, startBuild } from "./build-record.ts";
import type { Context } from "./context.ts";
import { ensureApp } from "./create-app.ts";
import type { Deployed, Job, Move } from "./operations.ts";
import { setPendingMove } from "./pending-move.ts";
import { textProperty } from "./properties.ts";
import { prune } from "./prune.ts";
import { runFirstDeploy, runPostdeploy, runPredeploy, runReleasePhase } from "./release-phase.ts";
import { activateRelease, draftRelease } from "./releases.ts";
import { replaceDynos } from "./replace-dynos.ts";
import { requireDisk } from "./require-disk.ts";

/** DESIGN.md, section 4. */
export async function deploy(
  context: Context,
  input: { app: string; source: Source; move?: Move | undefined },
  job: Job,
): Promise<Deployed> {
  const { move } = input;
  const app = await ensureApp(context, input.app);
  const source = subfolder(input.source, textProperty(context, app.id, "builder.build-dir"));
  const short = source.commit.slice(0, 7);
  const deployed = context.locks.hold(app, `deploy of ${short} by ${job.actor}`, async () => {
    await requireDisk(context, job);
    return context.buildQueue.track(app.id, job, (tracked) => buildAndRelease(context, { app, source, move }, tracked));
  });
  // One that fails leaves a build and its log behind, and somebody may try again for ever.
  return deployed.finally(() => context.background.run("prune", () => prune(context, app.id)));
}

async function buildAndRelease(
  context: Context,
  { app, source, move }: { app: App; source: Source; move: Move | undefined },
  job: Job,
): Promise<Deployed> {
  const timings = stopwatch(context.now);
  const build = startBuild(context, app, source.commit);
  const log = openBuildLog(context, build.id, job.progress);
  const logged = { ...job, progress: log.progress };
  try {
    const manifest = await readManifest(context, app, source);
    storeManifestEnv(context, app, manifest, logged.progress);
    log.hide(
      context.store.read((view) => view.config.of(app.id)),
      [app.name],
    );
    await warnOfUnhonoured(context, { app, source, manifest }, logged.progress);
    const image = await buildImage(context, { app, build, source, manifest }, logged);
    timings.lap("build");
    const release = await releaseImage(context, { app, build, image, manifest, move }, logged);
    timings.lap("start");
    await runPostdeploy(context, { app, release }, manifest, logged);
    finishBuild(context, build, { status: "succeeded", image: image.reference });
    const fields = { app: app.name, release: release.version, build: build.id, ms: timings.laps() };
    context.logger.info(fields, "deployed");
    return { release, urls: urlsOf(context, app.id) };
  } catch (error) {
    throw failBuild(context, { build, log, job }, error);
  } finally {
    log.close();
  }
}

interface Releasing {
  readonly app: App;
  readonly build: Build;
  readonly image: Image;
  readonly manifest: AppManifest;
  readonly move: Move | undefined;
}

async function releaseImage(
  context: Context,
  { app, build, image, manifest, move }: Releasing,
  job: Job,
): Promise<Release> {
  try {
    checkManifestFormation(manifest, image.processTypes);
    const release = draftRelease(context, app, {
      image: image.reference,
      config: context.store.read((view) => view.config.of(app.id)),
      processTypes: image.processTypes,
      runtime: image.runtime,
      commit: build.commit,
      buildId: build.id,
      description: `Deploy ${build.commit.slice(0, 7)}`,
      createdBy: job.actor,
    });
    job.progress.step(`Releasing ${app.name} v${release.version}`);
    await runPredeploy(context, { app, release }, manifest, job);
    await runReleasePhase(context, { app, release }, job);
    await runFirstDeploy(context, { app, release }, manifest, job);
    const formation = { ...servicesOf(context, app, image), ...manifest.formation };
    const activate = async () => {
      // First: a release whose commit is nowhere cannot be built again.
      if (move !== undefined) await context.repositories.keep(app.name, build.commit, move.quarantine);
      context.store.write((changes) => {
        // A push to a stopped app starts it, as with Dokku.
        activateRelease(changes, release, { stopped: false });
        keepManifestFormation(changes, app.id, manifest.formation);
        if (move?.isFirst === true) changes.properties.set(app.id, "git.deploy-branch", move.branch);
        setPendingMove(changes, app.id, move && { branch: move.branch, commit: build.commit });
      });
    };
    await replaceDynos(context, { app: { ...app, stopped: false }, release, formation, activate }, job);
    return release;
  } catch (error) {
    // The reason is what counts; an image that is left is removed at the next start.
    for (const reference of imagesOf({ image: image.reference, runtime: image.runtime })) {
      await context.images.remove(reference).catch((failure: unknown) => {
        context.logger.warn({ err: failure, image: reference }, "image of a failed deploy could not be removed");
      });
    }
    throw error;
  }
}

/** Each service of a compose file runs once, where the user has not said another number. */
function servicesOf(context: Context, app: App, { runtime }: Image): Formation {
  const stored = context.store.read((view) => view.formation.of(app.id));
  const joined = Object.entries(runtime?.services ?? {}).filter(([, { aliases = [] }]) => aliases.length > 0);
  return Object.fromEntries(joined.filter(([type]) => !Object.hasOwn(stored, type)).map(([type]) => [type, 1]));
}

function stopwatch(now: () => number): { lap(name: string): void; laps(): Record<string, number> } {
  const laps: Record<string, number> = {};
  let last = now();
  return {
    lap(name) {
      const time = now();
      laps[name] = time - last;
      last = time;
    },
    laps: () => laps,
  };
}
