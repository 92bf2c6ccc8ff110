import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { replaceDynos } from "./replace-dynos.ts";
import { deployedApp } from "./require-app.ts";
import { checkTypes } from "./scale.ts";
import { setStopped } from "./set-stopped.ts";

export async function restart(
  context: Context,
  input: { app: string; processType: string | undefined },
  job: Job,
): Promise<void> {
  const { app, release } = context.store.read((view) => deployedApp(view, input.app));
  if (input.processType !== undefined) checkTypes(release, { [input.processType]: 1 });
  await context.locks.hold(app, `restart by ${job.actor}`, async () => {
    const activate = () => setStopped(context, app.id, false);
    const running = { ...app, stopped: false };
    await replaceDynos(context, { app: running, release, activate, processType: input.processType }, job);
  });
}
