import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { deployedApp } from "./require-app.ts";
import { setStopped } from "./set-stopped.ts";
import { toFormation } from "./to-formation.ts";

/** Starting what runs already changes nothing. */
export async function start(context: Context, input: { app: string }, job: Job): Promise<void> {
  const { app, release } = context.store.read((view) => deployedApp(view, input.app));
  await context.locks.hold(app, `start by ${job.actor}`, async () => {
    const current = context.store.read((view) => view.formation.of(app.id));
    const activate = () => setStopped(context, app.id, false);
    await toFormation(context, { app: { ...app, stopped: false }, release, formation: current, activate }, job);
  });
}
