import type { App } from "../model/app.ts";
import { generatedDomains } from "../model/domain.ts";
import { UserError } from "../model/errors.ts";
import { checkAppName } from "../model/names.ts";
import type { Changes, View } from "../store/store.ts";
import { globalDomains, ownerOf } from "./app-domains.ts";
import type { Context } from "./context.ts";
import { newAppId } from "./ids.ts";
import { publishRoutes } from "./publish-routes.ts";

export async function createApp(context: Context, input: { name: string }): Promise<App> {
  checkAppName(input.name);
  const app = context.store.write((changes) => {
    if (changes.apps.byName(input.name) !== undefined) {
      throw new UserError("name-taken", "Name is already taken", {
        hint: `App ${input.name} exists; choose another name`,
      });
    }
    requireHostFree(context, changes, input.name);
    return insertApp(context, changes, input.name);
  });
  // What a worker wrote late of an app that had this name before.
  await context.routerLogs.remove(app.name);
  await publishRoutes(context, app.id);
  return app;
}

/** An app gets host names under the global domains: they must not be another app's. Throws `domain-taken`. */
export function requireHostFree(context: Context, view: View, name: string): void {
  for (const host of generatedDomains(name, globalDomains(view, context.settings))) {
    const owner = ownerOf(view, host, context.settings);
    if (owner === undefined) continue;
    throw new UserError(
      "domain-taken",
      `An app of this name would answer to ${host}, which is a domain of app ${owner.name}`,
      { hint: `Choose another name, or take the domain away first: domains:remove ${owner.name} ${host}` },
    );
  }
}

/** The app of this name, made where it is missing, as the first push does. */
export async function ensureApp(context: Context, name: string): Promise<App> {
  const existing = context.store.read((view) => view.apps.byName(name));
  return existing ?? (await createApp(context, { name }));
}

function insertApp(context: Context, changes: Changes, name: string): App {
  const app: App = {
    id: newAppId(),
    name,
    createdAt: context.now(),
    currentReleaseId: undefined,
    stopped: false,
  };
  changes.apps.insert(app);
  return app;
}
