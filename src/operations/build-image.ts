import { availableParallelism } from "node:os";
import type { Builder, BuildLimits, Image, Source } from "../builders/builder.ts";
import { pickBuilder } from "../builders/pick-builder.ts";
import { showDuration } from "../lib/duration.ts";
import { parseSize, showSize } from "../lib/size.ts";
import type { App } from "../model/app.ts";
import type { AppManifest } from "../model/app-manifest.ts";
import type { Build } from "../model/build.ts";
import { messageOf, UserError } from "../model/errors.ts";
import { meansFullDisk } from "../model/full-disk.ts";
import type { Progress } from "../model/progress.ts";
import { buildSettings } from "./build-options.ts";
import { buildpackRequest } from "./buildpacks.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { durationProperty, textProperty } from "./properties.ts";
import { canceled } from "./transition.ts";

interface BuildInput {
  readonly app: App;
  readonly build: Build;
  readonly source: Source;
  readonly manifest: AppManifest;
}

/** Picks a builder and runs it within the app's limits, once the queue lets it. */
export async function buildImage(context: Context, input: BuildInput, job: Job): Promise<Image> {
  try {
    return await context.buildQueue.build(job, () => buildNow(context, input, job));
  } catch (error) {
    if (job.signal.aborted) throw canceled(job.signal);
    throw error;
  }
}

async function buildNow(context: Context, { app, build, source, manifest }: BuildInput, job: Job): Promise<Image> {
  const timeoutMs = durationProperty(context, app.id, "builds.timeout-seconds");
  const timeout = AbortSignal.timeout(timeoutMs);
  const output = watchForFullDisk(job.progress);
  try {
    const config = context.store.read((view) => view.config.of(app.id));
    const settings = buildSettings(context, app.id);
    const selected = textProperty(context, app.id, "builder.selected");
    const ofBuildpacks = buildpackRequest(context, app, manifest);
    const hasBuildpacks = ofBuildpacks.buildpacks.listed.length > 0;
    const builder = await pickBuilder(context.builders, source, { selected, config, settings, hasBuildpacks });
    noteBuilder(context, build, builder, job.progress);
    const limits = limitsOf(context, app.id);
    const names = { app: app.name, appId: app.id, buildId: build.id };
    const request = { ...names, source, config, settings, limits, ...ofBuildpacks };
    return await builder.build(request, output.progress, AbortSignal.any([job.signal, timeout]));
  } catch (error) {
    if (timeout.aborted && !job.signal.aborted) throw tookTooLong(timeoutMs);
    if (output.full() || meansFullDisk(messageOf(error))) throw await diskFull(context, error);
    throw error;
  }
}

function noteBuilder(context: Context, build: Build, builder: Builder, progress: Progress): void {
  context.store.write((changes) => changes.builds.update({ ...build, builder: builder.name }));
  progress.step(`Building with ${builder.name}`);
}

function limitsOf(context: Context, appId: string): BuildLimits {
  return {
    // The engine refuses more than there are.
    cpus: Math.min(Number(textProperty(context, appId, "builds.cpus")), availableParallelism()),
    memoryBytes: parseSize(textProperty(context, appId, "builds.memory")) ?? 0,
  };
}

function tookTooLong(timeoutMs: number): UserError {
  return new UserError("build-timeout", `The build was stopped: it took longer than ${showDuration(timeoutMs)}`, {
    hint: "If it needs more time, give it more: builds:set APP timeout-seconds SECONDS",
  });
}

function watchForFullDisk(progress: Progress): { readonly progress: Progress; full(): boolean } {
  let full = false;
  const line = (text: string): void => {
    full ||= meansFullDisk(text);
    progress.line(text);
  };
  return { progress: { ...progress, line }, full: () => full };
}

async function diskFull(context: Context, cause: unknown): Promise<UserError> {
  const free = await context.freeDiskBytes();
  return new UserError("disk-full", `${messageOf(cause)}: no space was left on the disk`, {
    hint: `Now ${showSize(free)} are free. To remove what is no longer needed, type: cleanup`,
    cause,
  });
}
