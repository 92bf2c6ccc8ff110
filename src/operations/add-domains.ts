import { generatedDomain, normalizeDomains } from "../model/domain.ts";
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
      const generatedFor = changes.apps
        .list()
        .find((app) => generatedDomain(app.name, context.settings.domain) === domain);
      if (generatedFor !== undefined && generatedFor.id !== found.id) throw generatedTaken(domain, generatedFor.name);
      changes.domains.add(found.id, domain);
      return { domain, changed: true };
    });
    return { app: found, changed: results };
  });
  await publishRoutes(context, app.id);
  return changed;
}

function generatedTaken(domain: string, app: string): UserError {
  return new UserError("domain-taken", `${domain} is the address of app ${app} under the global domain`, {
    hint: "Choose another domain",
  });
}

function taken(domain: string, app: string): UserError {
  return new UserError("domain-taken", `${domain} belongs to app ${app}`, {
    hint: `Take it away there first: domains:remove ${app} ${domain}`,
  });
}
