import { covers } from "../model/certificate.ts";
import { isPlain, splitDomain } from "../model/domain.ts";
import { domainsOf } from "./app-domains.ts";
import type { Context } from "./context.ts";

/** Addresses under which the app answers: its own domains first, then the generated ones. A wildcard is no address. */
export function urlsOf(context: Context, appId: string): string[] {
  const { httpPort, httpsPort } = context.settings;
  const plain = httpPort === 80 ? "" : `:${httpPort}`;
  const secure = httpsPort === 443 ? "" : `:${httpsPort}`;
  return context.store.read((view) => {
    const app = view.apps.byId(appId);
    if (app === undefined) return [];
    const names = view.certificates.of(appId)?.names ?? [];
    const origin = (host: string) => (covers(names, host) ? `https://${host}${secure}` : `http://${host}${plain}`);
    const addresses = domainsOf(view, app, context.settings).map(splitDomain);
    return addresses.filter(({ host }) => isPlain(host)).map(({ host, path = "" }) => origin(host) + path);
  });
}
