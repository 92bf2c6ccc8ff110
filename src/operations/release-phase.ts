import type { App } from "../model/app.ts";
import type { AppManifest } from "../model/app-manifest.ts";
import { messageOf, UserError } from "../model/errors.ts";
import type { Release } from "../model/release.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { runTask } from "./run-task.ts";

interface Candidate {
  readonly app: App;
  /** Not in force yet. */
  readonly release: Release;
}

/**
 * The Procfile's `release:` line, in the release's image with its config, before any of its dynos starts. As Heroku does, a
 * deploy, a config change and a rollback run it; its failure leaves what serves as it is.
 */
export async function runReleasePhase(context: Context, { app, release }: Candidate, job: Job): Promise<void> {
  const command = release.processTypes.release;
  if (command === undefined) return;
  job.progress.step(`Running the release phase: ${command}`);
  await runTask(context, { app, release, command, title: "The release phase", processType: "release" }, job);
}

/** What app.json wants to have run before the release serves. */
export async function runPredeploy(
  context: Context,
  { app, release }: Candidate,
  { scripts }: AppManifest,
  job: Job,
): Promise<void> {
  if (scripts.predeploy === undefined) return;
  job.progress.step(`Executing predeploy task from app.json: ${scripts.predeploy}`);
  const task = { command: scripts.predeploy, title: "The predeploy task", keepsFiles: true };
  await runTask(context, { app, release, ...task }, job);
}

/** `scripts.postdeploy` runs once in an app's life, as on Heroku: with its first release, before that serves. */
export async function runFirstDeploy(
  context: Context,
  { app, release }: Candidate,
  { scripts }: AppManifest,
  job: Job,
): Promise<void> {
  if (scripts.firstDeploy === undefined || app.currentReleaseId !== undefined) return;
  job.progress.step(`Executing postdeploy script from app.json, as this is the first deploy: ${scripts.firstDeploy}`);
  await runTask(context, { app, release, command: scripts.firstDeploy, title: "The postdeploy script" }, job);
}

/** The release serves by now: a failure is told, and changes nothing. */
export async function runPostdeploy(
  context: Context,
  { app, release }: Candidate,
  { scripts }: AppManifest,
  job: Job,
): Promise<void> {
  if (scripts.postdeploy === undefined) return;
  job.progress.step(`Executing postdeploy task from app.json: ${scripts.postdeploy}`);
  try {
    await runTask(context, { app, release, command: scripts.postdeploy, title: "The postdeploy task" }, job);
  } catch (error) {
    if (!(error instanceof UserError)) context.logger.error({ err: error, app: app.name }, "postdeploy task failed");
    job.progress.warn(messageOf(error));
    job.progress.warn(`v${release.version} serves all the same: the task runs when everything else is done`);
  }
}
