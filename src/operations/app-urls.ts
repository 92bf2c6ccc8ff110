import { isPlain, splitDomain } from "../model/domain.ts";
import { domainsOf } from "./app-domains.ts";
import type { Context } from "./context.ts";

/** Addresses under which the app answers: its own domains first, then the generated ones. A wildcard is no address. */
export function urlsOf(context: Context, appId: string): string[] {
  const { httpPort } = context.settings;
  const port = httpPort === 80 ? "" : `:${httpPort}`;
  return context.store.read((view) => {
    const app = view.apps.byId(appId);
    if (app === undefined) return [];
    const addresses = domainsOf(view, app, context.settings).map(splitDomain);
    return addresses.filter(({ host }) => isPlain(host)).map(({ host, path = "" }) => `http://${host}${port}${path}`);
  });
}
