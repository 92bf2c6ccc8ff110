import { normalizeDomain } from "../model/domain.ts";
import { UserError } from "../model/errors.ts";
import { type ManualRoute, manualRoute, normalizeRouteUrl } from "../model/foreign.ts";
import { domainsOf, ownerOf } from "./app-domains.ts";
import type { Context } from "./context.ts";
import type { RouteList } from "./operations.ts";

/** One that is there is led elsewhere. */
export async function addRoute(context: Context, input: { domain: string; url: string }): Promise<ManualRoute> {
  const route = { domain: normalizeDomain(input.domain), url: normalizeRouteUrl(input.url) };
  context.store.write((changes) => {
    const owner = ownerOf(changes, route.domain, context.settings);
    if (owner !== undefined) {
      throw new UserError("domain-taken", `${route.domain} belongs to app ${owner.name}`, {
        hint: `Take it away there first: domains:remove ${owner.name} ${route.domain}`,
      });
    }
    changes.routes.remove(route.domain);
    changes.routes.add(route);
  });
  await publishManualRoutes(context);
  return route;
}

export async function removeRoute(context: Context, input: { domain: string }): Promise<ManualRoute> {
  const domain = normalizeDomain(input.domain);
  const route = context.store.write((changes) => {
    const found = changes.routes.list().find((each) => each.domain === domain);
    if (found === undefined) {
      throw new UserError("route-missing", `There is no route for ${domain}`, { hint: "See: routes:list" });
    }
    changes.routes.remove(domain);
    return found;
  });
  await publishManualRoutes(context);
  return route;
}

export async function publishManualRoutes({ store, foreign }: Pick<Context, "store" | "foreign">): Promise<void> {
  await foreign.setManual(store.read((view) => view.routes.list()).map(manualRoute));
}

export async function listRoutes(context: Context): Promise<RouteList> {
  const { store, settings, foreign } = context;
  const apps = store.read((view) =>
    view.apps.list().flatMap((app) => domainsOf(view, app, settings).map((domain) => ({ domain, to: app.name }))),
  );
  const clashes = foreign.clashes();
  const isLost = (domain: string, name: string) =>
    clashes.some((clash) => clash.domain === domain && clash.loser === name);
  const others = foreign
    .routes()
    .flatMap(({ name, domains, target }) =>
      domains.filter((domain) => !isLost(domain, name)).map((domain) => ({ domain, to: name, target })),
    );
  return {
    routes: [
      ...apps.map((route) => ({ ...route, kind: "app" as const, address: undefined })),
      ...others.map(({ domain, to, target }) => {
        const isIpv6 = target.address.includes(":");
        const address = `http://${isIpv6 ? `[${target.address}]` : target.address}:${target.port}`;
        return to.startsWith("container:")
          ? { domain, to: to.slice("container:".length), kind: "container" as const, address }
          : { domain, to: "", kind: "route" as const, address };
      }),
    ],
    clashes: [...clashes],
  };
}
