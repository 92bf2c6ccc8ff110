import type { App, Formation } from "../model/app.ts";
import type { Release } from "../model/release.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { applyScale, pendingScale } from "./pending-scale.ts";
import { transition } from "./transition.ts";
import { wantedOfApp } from "./wanted-dynos.ts";

interface Replacement {
  /** As it will be after `activate`. */
  readonly app: App;
  readonly release: Release;
  readonly activate: () => void | Promise<void>;
  /** The name that its running dynos still carry. */
  readonly nameBefore?: string;
  /** Quantities to put in force with it. */
  readonly formation?: Formation;
  /** Only dynos of this type; all where undefined. */
  readonly processType?: string | undefined;
}

/** New dynos for all that run, without downtime. */
export async function replaceDynos(context: Context, replacement: Replacement, job: Job): Promise<void> {
  const { app, release, processType, nameBefore } = replacement;
  // A restart of one process type is not the deploy that a pending scale waits for.
  const pending = processType === undefined ? context.store.read((view) => pendingScale(view, app.id)) : {};
  const quantities = { ...pending, ...replacement.formation };
  const stored = context.store.read((view) => view.formation.of(app.id));
  const formation = { ...stored, ...quantities };
  const ofType = (dyno: { processType: string }) => processType === undefined || dyno.processType === processType;
  const start = wantedOfApp(app, release, formation).filter(ofType);
  const running = await context.scheduler.list(nameBefore ?? app.name);
  const stop = running.filter(ofType).filter((dyno) => !context.retiring.has(dyno.id));
  for (const [type, count] of countByType(start)) job.progress.step(`Deploying ${type} (count=${count})`);
  const activate = async () => {
    await replacement.activate();
    context.store.write((changes) => applyScale(changes, app.id, quantities));
  };
  const renamed = nameBefore === undefined ? {} : { nameBefore };
  await transition(context, { app, release, start, stop, activate, ...renamed }, job);
}

function countByType(dynos: readonly { processType: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { processType } of dynos) counts.set(processType, (counts.get(processType) ?? 0) + 1);
  return counts;
}
