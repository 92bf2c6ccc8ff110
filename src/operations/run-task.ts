import { PassThrough, Writable } from "node:stream";
import { showDuration } from "../lib/duration.ts";
import { LineSplitter } from "../lib/line-splitter.ts";
import type { App } from "../model/app.ts";
import { maskOf } from "../model/config-secrets.ts";
import { UserError } from "../model/errors.ts";
import { maskProgress } from "../model/masked-progress.ts";
import type { Progress } from "../model/progress.ts";
import type { Release } from "../model/release.ts";
import { imageCommand, isJoined, serviceOf } from "../model/runtime.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { durationProperty } from "./properties.ts";
import { canceled } from "./transition.ts";

export interface Task {
  readonly app: App;
  readonly release: Release;
  /** As a sentence begins with it: `The release phase`. */
  readonly title: string;
  /** Whose image it runs in, where process types have several; `web` where missing. */
  readonly processType?: string;
  /** A shell line. */
  readonly command: string;
  /** The release's image gets the files that the task leaves behind. */
  readonly keepsFiles?: boolean;
}

/** Runs a one-off dyno to its end and shows what it prints. Throws `task-failed`, `task-timeout`. */
export async function runTask(context: Context, task: Task, job: Job): Promise<void> {
  const { app, release, title, command, processType = "web" } = task;
  const timeoutMs = durationProperty(context, app.id, "builds.timeout-seconds");
  const timeout = AbortSignal.timeout(timeoutMs);
  const mask = maskOf(release.config, [app.name]);
  const { detail } = job.progress;
  const progress = maskProgress({ ...job.progress, line: detail }, () => mask);
  const lines = linesTo(progress);
  const spec = {
    app: app.name,
    release: release.version,
    image: serviceOf(release, processType).image ?? release.image,
    command: release.runtime === undefined ? ["bash", "-c", command] : (imageCommand(command) ?? []),
    ownImage: release.runtime !== undefined,
    ...(isJoined(release) && { joins: app.id }),
    config: release.config,
    stopTimeoutSeconds: durationProperty(context, app.id, "ps.stop-timeout-seconds") / 1000,
    ...(task.keepsFiles === true ? { saveAs: release.image } : {}),
  };
  try {
    const signal = AbortSignal.any([job.signal, timeout]);
    const io = { stdin: nothing(), stdout: lines, stderr: lines, terminal: undefined, signal };
    const code = await context.scheduler.attach(spec, io);
    if (code !== 0) throw new UserError("task-failed", `${title} failed with exit code ${code}: ${command}`);
  } catch (error) {
    if (job.signal.aborted) throw canceled(job.signal);
    if (!timeout.aborted) throw error;
    throw new UserError("task-timeout", `${title} was stopped: it took longer than ${showDuration(timeoutMs)}`, {
      hint: "If it needs more time, give it more: builds:set APP timeout-seconds SECONDS",
    });
  } finally {
    lines.end();
    progress.end();
  }
}

function nothing(): PassThrough {
  return new PassThrough().end();
}

function linesTo(progress: Progress): Writable {
  const splitter = new LineSplitter((line) => progress.line(line));
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      splitter.write(chunk);
      done();
    },
    final(done) {
      splitter.end();
      done();
    },
  });
}
