import type { App } from "../model/app.ts";
import { normalizeDomain } from "../model/domain.ts";
import { type AppRoutes, hostEntry } from "../model/route.ts";
import { compileRoutes } from "../routing/compile-routes.ts";
import type { View } from "../store/store.ts";
import { domainsOf, generatedOf, ownerOf } from "./app-domains.ts";
import { certificateEntry, tlsOf } from "./certificate-entries.ts";
import type { Context } from "./context.ts";
import { pagesOf } from "./page-properties.ts";
import { valueInForce } from "./properties.ts";
import { backendOf, limitsOf, switchesOf } from "./switches.ts";

/** Brings the router up to date about one app; resolves when every worker has it. */
export async function publishRoutes(context: Context, appId: string): Promise<void> {
  const routes = routesOf(context, appId);
  if (routes === undefined) return;
  // First what the routes refer to.
  const certificate = context.store.read((view) => view.certificates.of(appId));
  if (certificate !== undefined) await context.publisher.put([certificateEntry(certificate)]);
  await context.publisher.publish(routes);
}

/** The same for all apps, at the start and after a change of what holds for all. */
export async function publishAllRoutes(context: Context): Promise<void> {
  const apps = context.store.read((view) => view.apps.list());
  const routes = apps.map((app) => routesOf(context, app.id)).filter((found) => found !== undefined);
  await context.publisher.replace([...routes, hostRoutes(context)]);
}

/** Brings the router up to date about what holds for all apps. */
export async function publishHost(context: Context): Promise<void> {
  await context.publisher.publish(hostRoutes(context));
}

function hostRoutes({ store }: Context): AppRoutes {
  const pages = store.read((view) => pagesOf(view, undefined));
  return { app: hostEntry, hosts: [], targets: [], release: undefined, pages };
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
      domains: domainsOf(view, app, context.settings),
      redirect: redirectRule(context, view, app),
      stripPrefix: valueInForce(context, view, app.id, "routes.strip-prefix") === "true",
      dynos: context.inService.of(appId),
      tls: tlsOf(context, view, appId),
      crashed: context.inService.isCrashed(appId),
      maintenance: valueInForce(context, view, app.id, "maintenance.enabled") === "true",
      pages: pagesOf(view, app.id),
      limits: limitsOf(context, view, app.id),
      switches: switchesOf(context, view, app.id),
      backend: backendOf(context, view, app.id),
    });
  });
}

export function redirectRule(context: Context, view: View, app: App) {
  const { settings } = context;
  const to = valueInForce(context, view, app.id, "routes.redirect");
  const generated = generatedOf(view, app, settings);
  return {
    to: ["none", "www", "apex"].includes(to) ? to : normalizeDomain(to),
    isTaken: (host: string) => {
      const owner = ownerOf(view, host, settings);
      return owner !== undefined && owner.id !== app.id;
    },
    isGenerated: (host: string) => generated.includes(host),
  };
}
