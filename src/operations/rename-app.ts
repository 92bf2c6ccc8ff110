import type { App } from "../model/app.ts";
import { UserError } from "../model/errors.ts";
import { checkAppName } from "../model/names.ts";
import type { Context } from "./context.ts";
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
    const activate = () => {
      requireFree(context, input.name);
      context.store.write((changes) => changes.apps.update(renamed));
    };
    await context.repositories.rename(app.name, renamed.name);
    try {
      if (release === undefined) {
        activate();
        await context.publisher.withdraw(app.name);
        await publishRoutes(context, app.id);
      } else {
        await replaceDynos(context, { app: renamed, release, activate, nameBefore: app.name }, job);
      }
    } catch (error) {
      const stored = context.store.read((view) => view.apps.byId(app.id));
      if (stored?.name === app.name) await context.repositories.rename(renamed.name, app.name);
      throw error;
    }
    return renamed;
  });
}

function requireFree(context: Context, name: string): void {
  if (context.store.read((view) => view.apps.byName(name)) !== undefined) {
    throw new UserError("name-taken", "Name is already taken", { hint: `App ${name} exists; choose another name` });
  }
}
