import type { Builder, Image, Source } from "../builders/builder.ts";
import { pickBuilder } from "../builders/pick-builder.ts";
import { subfolder } from "../builders/subfolder.ts";
import type { App } from "../model/app.ts";
import type { AppManifest } from "../model/app-manifest.ts";
import type { Build } from "../model/build.ts";
import { UserError } from "../model/errors.ts";
import type { Progress } from "../model/progress.ts";
import type { Release } from "../model/release.ts";
import { imagesOf } from "../model/runtime.ts";
import { checkManifestFormation, keepManifestFormation, readManifest, storeManifestEnv } from "./app-manifest.ts";
import { urlsOf } from "./app-urls.ts";
import { type BuildLog, openBuildLog } from "./build-log.ts";
import { buildSettings } from "./build-options.ts";
import { buildpackRequest } from "./buildpacks.ts";
import type { Context } from "./context.ts";
import { ensureApp } from "./create-app.ts";
import { newBuildId } from "./ids.ts";
import type { Deployed, Job } from "./operations.ts";
import { textProperty } from "./properties.ts";
import { pruneImages } from "./prune.ts";
import { runFirstDeploy, runPostdeploy, runPredeploy, runReleasePhase } from "./release-phase.ts";
import { activateRelease, draftRelease } from "./releases.ts";
import { replaceDynos } from "./replace-dynos.ts";
import { canceled } from "./transition.ts";

/** DESIGN.md, section 4. */
export async function deploy(context: Context, input: { app: string; source: Source }, job: Job): Promise<Deployed> {
  const app = await ensureApp(context, input.app);
  const source = subfolder(input.source, textProperty(context, app.id, "builder.build-dir"));
  const short = source.commit.slice(0, 7);
  const deployed = await context.locks.hold(app, `deploy of ${short} by ${job.actor}`, async () => {
    const timings = stopwatch(context.now);
    const build = startBuild(context, app, source.commit);
    const log = openBuildLog(context, build.id, job.progress);
    const logged = { ...job, progress: log.progress };
    try {
      const manifest = await readManifest(context, app, source);
      storeManifestEnv(context, app, manifest, logged.progress);
      const image = await buildImage(context, { app, build, source, manifest }, logged);
      timings.lap("build");
      const release = await releaseImage(context, { app, build, image, manifest }, logged);
      timings.lap("start");
      finishBuild(context, build, { status: "succeeded", image: image.reference });
      await runPostdeploy(context, { app, release }, manifest, logged);
      const fields = { app: app.name, release: release.version, build: build.id, ms: timings.laps() };
      context.logger.info(fields, "deployed");
      return { release, urls: urlsOf(context, app.id) };
    } catch (error) {
      failBuild(context, { build, log, job }, error);
      throw error;
    } finally {
      log.close();
    }
  });
  context.background.run("prune images", () => pruneImages(context, app.id));
  return deployed;
}

interface BuildInput {
  readonly app: App;
  readonly build: Build;
  readonly source: Source;
  readonly manifest: AppManifest;
}

async function buildImage(context: Context, { app, build, source, manifest }: BuildInput, job: Job): Promise<Image> {
  const timeout = AbortSignal.timeout(context.settings.buildTimeoutMs);
  const signal = AbortSignal.any([job.signal, timeout]);
  try {
    const config = context.store.read((view) => view.config.of(app.id));
    const settings = buildSettings(context, app.id);
    const ofBuildpacks = buildpackRequest(context, app, manifest);
    const selected = textProperty(context, app.id, "builder.selected");
    const builder = await pickBuilder(context.builders, source, {
      ...{ selected, config, settings },
      hasBuildpacks: ofBuildpacks.buildpacks.listed.length > 0,
    });
    noteBuilder(context, build, builder, job.progress);
    const request = {
      ...{ app: app.name, appId: app.id, buildId: build.id, source, config, settings },
      ...ofBuildpacks,
    };
    return await builder.build(request, job.progress, signal);
  } catch (error) {
    if (job.signal.aborted) throw canceled(job.signal);
    if (timeout.aborted) {
      const minutes = Math.round(context.settings.buildTimeoutMs / 60_000);
      throw new UserError("build-timeout", `The build was stopped: it took longer than ${minutes} minutes`);
    }
    throw error;
  }
}

function noteBuilder(context: Context, build: Build, builder: Builder, progress: Progress): void {
  context.store.write((changes) => changes.builds.update({ ...build, builder: builder.name }));
  progress.step(`Building with ${builder.name}`);
}

async function releaseImage(
  context: Context,
  { app, build, image, manifest }: { app: App; build: Build; image: Image; manifest: AppManifest },
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
    const { formation } = manifest;
    const activate = () =>
      context.store.write((changes) => {
        // A push to a stopped app starts it, as with Dokku.
        activateRelease(changes, release, { stopped: false });
        keepManifestFormation(changes, app.id, formation);
      });
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

function startBuild(context: Context, app: App, commit: string): Build {
  const now = context.now();
  const build: Build = {
    id: newBuildId(now),
    appId: app.id,
    commit,
    status: "running",
    builder: undefined,
    image: undefined,
    startedAt: now,
    finishedAt: undefined,
  };
  context.store.write((changes) => changes.builds.insert(build));
  return build;
}

function failBuild(
  context: Context,
  { build, log, job }: { build: Build; log: BuildLog; job: Job },
  error: unknown,
): void {
  if (error instanceof UserError) log.failure(error);
  try {
    finishBuild(context, build, { status: job.signal.aborted ? "canceled" : "failed" });
  } catch (failure) {
    // What failed first is what the user must see.
    context.logger.error({ err: failure, build: build.id }, "end of a build could not be stored");
  }
}

function finishBuild(context: Context, build: Build, end: Pick<Build, "status"> & Partial<Pick<Build, "image">>): void {
  context.store.write((changes) => {
    const stored = changes.builds.byId(build.id);
    if (stored !== undefined) changes.builds.update({ ...stored, ...end, finishedAt: context.now() });
  });
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
