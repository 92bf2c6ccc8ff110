import type { App, Formation } from "../model/app.ts";
import type { Release } from "../model/release.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { transition } from "./transition.ts";
import { difference, wantedOfApp } from "./wanted-dynos.ts";

interface ToFormation {
  readonly app: App;
  readonly release: Release;
  readonly formation: Formation;
  readonly activate: () => void;
}

/** Starts what is missing and stops what is too much; the rest is not touched. */
export async function toFormation(context: Context, plan: ToFormation, job: Job): Promise<void> {
  const { app, release } = plan;
  const running = (await context.scheduler.list(app.name)).filter((dyno) => !context.retiring.has(dyno.id));
  const { start, stop } = difference(wantedOfApp(app, release, plan.formation), running, release.version);
  await transition(context, { app, release, start, stop, activate: plan.activate }, job);
}
