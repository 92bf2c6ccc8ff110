import { normalizeDomains } from "../model/domain.ts";
import type { Context } from "./context.ts";
import { publishRoutes } from "./publish-routes.ts";
import { appByName } from "./require-app.ts";

type Change = { domain: string; changed: boolean };

export async function removeDomains(
  context: Context,
  input: { app: string; domains: readonly string[] },
): Promise<Change[]> {
  const wanted = normalizeDomains(input.domains);
  const { app, changed } = context.store.write((changes) => {
    const found = appByName(changes, input.app);
    const own = new Set(changes.domains.of(found.id));
    const results = wanted.map((domain): Change => ({ domain, changed: own.has(domain) }));
    for (const result of results) if (result.changed) changes.domains.remove(found.id, result.domain);
    return { app: found, changed: results };
  });
  await publishRoutes(context, app.id);
  return changed;
}
