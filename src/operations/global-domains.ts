import { normalizePlainDomain } from "../model/domain.ts";
import { UserError } from "../model/errors.ts";
import type { View } from "../store/store.ts";
import { generatedOf, globalDomains, globalDomainsValue, ownerOf } from "./app-domains.ts";
import type { Context } from "./context.ts";
import type { DomainChange } from "./operations.ts";
import { publishAllRoutes } from "./publish-routes.ts";

export async function addGlobalDomains(context: Context, domains: readonly string[]): Promise<DomainChange[]> {
  return change(context, domains, (before, given) => [...before, ...given]);
}

export async function removeGlobalDomains(context: Context, domains: readonly string[]): Promise<DomainChange[]> {
  return change(context, domains, (before, given) => before.filter((domain) => !given.includes(domain)));
}

/** None at all for an empty list: apps are then reached by their own domains only. */
export async function setGlobalDomains(context: Context, domains: readonly string[]): Promise<DomainChange[]> {
  return change(context, domains, (_before, given) => [...given]);
}

async function change(
  context: Context,
  domains: readonly string[],
  next: (before: readonly string[], given: readonly string[]) => readonly string[],
): Promise<DomainChange[]> {
  const given = [...new Set(domains.map(normalizePlainDomain))];
  const { before, after } = context.store.write((changes) => {
    const old = globalDomains(changes, context.settings);
    const wanted = [...new Set(next(old, given))];
    const { key, value } = globalDomainsValue(wanted);
    changes.properties.set(undefined, key, value);
    requireNoClash(context, changes);
    return { before: old, after: wanted };
  });
  await publishAllRoutes(context);
  return given.map((domain) => ({ domain, changed: before.includes(domain) !== after.includes(domain) }));
}

/** Under a new global domain, an app's name may be what another app has as its own. */
function requireNoClash({ settings }: Context, view: View): void {
  for (const app of view.apps.list()) {
    for (const domain of generatedOf(view, app, settings)) {
      const owner = ownerOf(view, domain, settings);
      if (owner === undefined || owner.id === app.id) continue;
      throw new UserError("domain-taken", `App ${app.name} would answer to ${domain}, which app ${owner.name} has`, {
        hint: `Take it away there first: domains:remove ${owner.name} ${domain}`,
      });
    }
  }
}
