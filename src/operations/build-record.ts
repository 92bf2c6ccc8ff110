import type { App } from "../model/app.ts";
import type { Build } from "../model/build.ts";
import { UserError } from "../model/errors.ts";
import type { BuildLog } from "./build-log.ts";
import type { Context } from "./context.ts";
import { newBuildId } from "./ids.ts";
import type { Job } from "./operations.ts";

export function startBuild(context: Context, app: App, commit: string): Build {
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

export function failBuild(
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

export function finishBuild(
  context: Context,
  build: Build,
  end: Pick<Build, "status"> & Partial<Pick<Build, "image">>,
): void {
  context.store.write((changes) => {
    const stored = changes.builds.byId(build.id);
    if (stored !== undefined) changes.builds.update({ ...stored, ...end, finishedAt: context.now() });
  });
}
