import type { App } from "../model/app.ts";
import type { Build } from "../model/build.ts";
import type { BuildLog } from "./build-log.ts";
import type { Context } from "./context.ts";
import { newBuildId } from "./ids.ts";
import type { Job } from "./operations.ts";
import { storeSoon } from "./store-soon.ts";

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

/** Gives the error back as the user may see it. */
export function failBuild(
  context: Context,
  { build, log, job }: { build: Build; log: BuildLog; job: Job },
  error: unknown,
): unknown {
  const shown = log.failure(error);
  finishBuild(context, build, { status: job.signal.aborted ? "canceled" : "failed" });
  return shown;
}

/** Never throws: the build has ended, and a build that looks as if it ran would be waited for, and kept, for ever. */
export function finishBuild(
  context: Context,
  build: Build,
  end: Pick<Build, "status"> & Partial<Pick<Build, "image">>,
): void {
  const finishedAt = context.now();
  storeSoon(context, "end of a build", (changes) => {
    const stored = changes.builds.byId(build.id);
    if (stored !== undefined) changes.builds.update({ ...stored, ...end, finishedAt });
  });
}
