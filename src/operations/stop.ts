import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { deployedApp } from "./require-app.ts";
import { setStopped } from "./set-stopped.ts";
import { transition } from "./transition.ts";

export async function stop(context: Context, input: { app: string }, job: Job): Promise<void> {
  const { app } = context.store.read((view) => deployedApp(view, input.app));
  await context.locks.hold(app, `stop by ${job.actor}`, async () => {
    const running = await context.scheduler.list(app.name);
    const activate = () => setStopped(context, app.id, true);
    await transition(context, { app, release: undefined, start: [], stop: running, activate, awaitStop: true }, job);
  });
}
