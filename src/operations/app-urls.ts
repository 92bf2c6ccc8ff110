import { generatedDomain } from "../model/domain.ts";
import type { Context } from "./context.ts";

/** Addresses under which the app answers: its own domains first, then the generated one. */
export function urlsOf(context: Context, appId: string): string[] {
  const { httpPort, domain } = context.settings;
  const port = httpPort === 80 ? "" : `:${httpPort}`;
  return context.store.read((view) => {
    const app = view.apps.byId(appId);
    if (app === undefined) return [];
    const generated = generatedDomain(app.name, domain);
    const hosts = [...view.domains.of(appId), ...(generated === undefined ? [] : [generated])];
    return hosts.map((host) => `http://${host}${port}`);
  });
}
