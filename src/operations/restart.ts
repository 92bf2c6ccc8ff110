import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { replaceDynos } from "./replace-dynos.ts";
import { deployedApp } from "./require-app.ts";
import { checkTypes } from "./scale.ts";
import { renewRelease } from "./stored-config.ts";

export async function restart(
  context: Context,
  input: { app: string; processType: string | undefined },
  job: Job,
): Promise<void> {
  const { app, release } = context.store.read((view) => deployedApp(view, input.app));
  if (input.processType !== undefined) checkTypes(release, { [input.processType]: 1 });
  await context.locks.hold(app, `restart by ${job.actor}`, async () => {
    const next = await renewRelease(context, { app, release }, job);
    const activate = () => context.store.write((changes) => next.activate(changes));
    const running = { ...app, stopped: false };
    // A new release is all of the app's: dynos of two releases never serve side by side.
    const processType = next.isNew ? undefined : input.processType;
    await replaceDynos(context, { app: running, release: next.release, activate, processType }, job);
  });
}
