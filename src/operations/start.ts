import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { deployedApp } from "./require-app.ts";
import { renewRelease } from "./stored-config.ts";
import { toFormation } from "./to-formation.ts";

/** Starting what runs already changes nothing. */
export async function start(context: Context, input: { app: string }, job: Job): Promise<void> {
  const { app, release } = context.store.read((view) => deployedApp(view, input.app));
  await context.locks.hold(app, `start by ${job.actor}`, async () => {
    const formation = context.store.read((view) => view.formation.of(app.id));
    if (!app.stopped) return toFormation(context, { app, release, formation, activate: () => undefined }, job);
    const next = await renewRelease(context, { app, release }, job);
    const activate = () => context.store.write((changes) => next.activate(changes));
    await toFormation(context, { app: { ...app, stopped: false }, release: next.release, formation, activate }, job);
  });
}
