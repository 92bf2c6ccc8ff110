import { normalizeDomains } from "../model/domain.ts";
import { UserError } from "../model/errors.ts";
import type { Context } from "./context.ts";
import { publishRoutes } from "./publish-routes.ts";
import { appByName } from "./require-app.ts";

type Change = { domain: string; changed: boolean };

export async function addDomains(
  context: Context,
  input: { app: string; domains: readonly string[] },
): Promise<Change[]> {
  const wanted = normalizeDomains(input.domains);
  const { app, changed } = context.store.write((changes) => {
    const found = appByName(changes, input.app);
    const results = wanted.map((domain): Change => {
      const owner = changes.domains.owner(domain);
      if (owner === found.id) return { domain, changed: false };
      if (owner !== undefined) throw taken(domain, changes.apps.byId(owner)?.name ?? "another app");
      changes.domains.add(found.id, domain);
      return { domain, changed: true };
    });
    return { app: found, changed: results };
  });
  await publishRoutes(context, app.id);
  return changed;
}

function taken(domain: string, app: string): UserError {
  return new UserError("domain-taken", `${domain} belongs to app ${app}`, {
    hint: `Take it away there first: domains:remove ${app} ${domain}`,
  });
}
