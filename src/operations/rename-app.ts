import type { App } from "../model/app.ts";
import { UserError } from "../model/errors.ts";
import { checkAppName } from "../model/names.ts";
import type { Context } from "./context.ts";
import { requireHostFree } from "./create-app.ts";
import type { Job } from "./operations.ts";
import { publishRoutes } from "./publish-routes.ts";
import { replaceDynos } from "./replace-dynos.ts";
import { appByName, currentRelease } from "./require-app.ts";

export async function renameApp(context: Context, input: { app: string; name: string }, job: Job): Promise<App> {
  checkAppName(input.name);
  const { app, release } = context.store.read((view) => {
    const found = appByName(view, input.app);
    return { app: found, release: currentRelease(view, found) };
  });
  requireFree(context, input.name);
  return context.locks.hold(app, `rename by ${job.actor}`, async () => {
    const renamed = { ...app, name: input.name };
    const activate = () => moveApp(context, app, renamed);
    if (release === undefined) {
      await activate();
      await publishRoutes(context, app.id);
      await context.publisher.withdraw(app.name);
    } else {
      await replaceDynos(context, { app: renamed, release, activate, nameBefore: app.name }, job);
    }
    await context.routerLogs.rename(app.name, renamed.name);
    return renamed;
  });
}

/** Repository and state in one go: a daemon that is killed while dynos boot leaves the app whole, under its old name. */
async function moveApp(context: Context, app: App, renamed: App): Promise<void> {
  requireFree(context, renamed.name);
  // One without an app is what a daemon left that was killed in a first push.
  if (await context.repositories.exists(renamed.name)) await context.repositories.remove(renamed.name);
  await context.repositories.rename(app.name, renamed.name);
  try {
    requireFree(context, renamed.name);
    context.store.write((changes) => changes.apps.update(renamed));
  } catch (error) {
    await context.repositories.rename(renamed.name, app.name);
    throw error;
  }
}

function requireFree(context: Context, name: string): void {
  context.store.read((view) => {
    if (view.apps.byName(name) !== undefined) {
      throw new UserError("name-taken", "Name is already taken", { hint: `App ${name} exists; choose another name` });
    }
    requireHostFree(context, view, name);
  });
}
