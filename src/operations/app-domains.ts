import type { App } from "../model/app.ts";
import { generatedDomains, hostsBelow } from "../model/domain.ts";
import type { View } from "../store/store.ts";
import type { Context } from "./context.ts";

/** Of an app: "false" where it answers to no domain, or where the names under the global domains are not its own. */
export const enabledKey = "domains.enabled";
export const generatedKey = "domains.generated";
/** Of the host: names with a space in between. Where it was never set, the configuration's domain is the one. */
const globalKey = "domains.global";

type Settings = Pick<Context["settings"], "domain">;

export function globalDomains(view: View, { domain }: Settings): string[] {
  const stored = view.properties.get(undefined, globalKey);
  if (stored === undefined) return domain === undefined ? [] : [domain];
  return stored === "none" ? [] : stored.split(" ");
}

export function globalDomainsValue(domains: readonly string[]): { key: string; value: string } {
  return { key: globalKey, value: domains.length === 0 ? "none" : domains.join(" ") };
}

/** The app's names under the global domains; none where it was given others in their place. */
export function generatedOf(view: View, app: App, settings: Settings): string[] {
  if (!hasGenerated(view, app)) return [];
  const globals = globalDomains(view, settings);
  const names = generatedDomains(app.name, globals);
  // Apps of both names may be there from before names that are hosts counted as such: the other one had the host first.
  return names.includes(app.name) && isAnothers(view, app, globals) ? hostsBelow(app.name, globals) : names;
}

function hasGenerated(view: View, app: App): boolean {
  return view.properties.get(app.id, generatedKey) !== "false";
}

/** Whether another app answers to the host that the app is called after. */
function isAnothers(view: View, { id, name }: App, globals: readonly string[]): boolean {
  const owner = view.domains.owner(name);
  if (owner !== undefined) return owner !== id;
  const others = globals.flatMap((domain) => below(view, name, domain) ?? []);
  return others.some((other) => hasGenerated(view, other) && hostsBelow(other.name, globals).includes(name));
}

/** The app that has this host under this global domain, if it has its names there. */
function below(view: View, host: string, global: string): App | undefined {
  return host.endsWith(`.${global}`) ? view.apps.byName(host.slice(0, -global.length - 1)) : undefined;
}

export function isEnabled(view: View, app: App): boolean {
  return view.properties.get(app.id, enabledKey) !== "false";
}

/** All domains under which the app answers, its own ones first. */
export function domainsOf(view: View, app: App, settings: Settings): string[] {
  if (!isEnabled(view, app)) return [];
  return [...new Set([...view.domains.of(app.id), ...generatedOf(view, app, settings)])];
}

/** The app that has this domain, as one of its own or as its name under a global domain. */
export function ownerOf(view: View, domain: string, settings: Settings): App | undefined {
  const owner = view.domains.owner(domain);
  if (owner !== undefined) return view.apps.byId(owner);
  const named = [
    view.apps.byName(domain),
    ...globalDomains(view, settings).map((global) => below(view, domain, global)),
  ];
  return named.find((app) => app !== undefined && generatedOf(view, app, settings).includes(domain));
}
