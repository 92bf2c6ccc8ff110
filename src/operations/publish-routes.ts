import type { AppRoutes } from "../model/route.ts";
import { compileRoutes } from "../routing/compile-routes.ts";
import type { Context } from "./context.ts";

/** Brings the router up to date about one app; resolves when every worker has it. */
export async function publishRoutes(context: Context, appId: string): Promise<void> {
  const routes = routesOf(context, appId);
  if (routes !== undefined) await context.publisher.publish(routes);
}

/** The app's routes as they follow from the store and the dynos in service; undefined where the app is gone. */
export function routesOf(context: Context, appId: string): AppRoutes | undefined {
  return context.store.read((view) => {
    const app = view.apps.byId(appId);
    if (app === undefined) return undefined;
    const current = app.currentReleaseId === undefined ? undefined : view.releases.byId(app.currentReleaseId);
    return compileRoutes({
      app: app.name,
      release: current?.version,
      domains: view.domains.of(appId),
      globalDomain: context.settings.domain,
      dynos: context.inService.of(appId),
    });
  });
}
