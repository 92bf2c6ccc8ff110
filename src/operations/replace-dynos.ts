import type { App } from "../model/app.ts";
import type { Release } from "../model/release.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { transition } from "./transition.ts";
import { wantedOfApp } from "./wanted-dynos.ts";

interface Replacement {
  /** As it will be after `activate`. */
  readonly app: App;
  readonly release: Release;
  readonly activate: () => void | Promise<void>;
  /** The name that its running dynos still carry. */
  readonly nameBefore?: string;
  /** Only dynos of this type; all where undefined. */
  readonly processType?: string | undefined;
}

/** New dynos for all that run, without downtime. */
export async function replaceDynos(context: Context, replacement: Replacement, job: Job): Promise<void> {
  const { app, release, processType, nameBefore } = replacement;
  const formation = context.store.read((view) => view.formation.of(app.id));
  const ofType = (dyno: { processType: string }) => processType === undefined || dyno.processType === processType;
  const start = wantedOfApp(app, release, formation).filter(ofType);
  const running = await context.scheduler.list(nameBefore ?? app.name);
  const stop = running.filter(ofType).filter((dyno) => !context.retiring.has(dyno.id));
  for (const [type, count] of countByType(start)) job.progress.step(`Deploying ${type} (count=${count})`);
  await transition(
    context,
    { app, release, start, stop, activate: replacement.activate, ...(nameBefore === undefined ? {} : { nameBefore }) },
    job,
  );
}

function countByType(dynos: readonly { processType: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { processType } of dynos) counts.set(processType, (counts.get(processType) ?? 0) + 1);
  return counts;
}
