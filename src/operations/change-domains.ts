import type { App } from "../model/app.ts";
import { normalizeDomains } from "../model/domain.ts";
import { UserError } from "../model/errors.ts";
import type { Changes } from "../store/store.ts";
import { enabledKey, generatedKey, generatedOf, ownerOf } from "./app-domains.ts";
import type { Context } from "./context.ts";
import type { DomainChange } from "./operations.ts";
import { publishRoutes } from "./publish-routes.ts";
import { appByName } from "./require-app.ts";

interface Input {
  readonly app: string;
  readonly domains: readonly string[];
}

export async function addDomains(context: Context, input: Input): Promise<DomainChange[]> {
  const wanted = normalizeDomains(input.domains);
  return change(context, input.app, (changes, app) => {
    const own = new Set(changes.domains.of(app.id));
    return wanted.map((domain) => {
      if (own.has(domain)) return { domain, changed: false };
      requireFree(context, changes, app, domain);
      changes.domains.add(app.id, domain);
      return { domain, changed: true };
    });
  });
}

export async function removeDomains(context: Context, input: Input): Promise<DomainChange[]> {
  const wanted = normalizeDomains(input.domains);
  return change(context, input.app, (changes, app) => {
    const own = new Set(changes.domains.of(app.id));
    const generated = generatedOf(changes, app, context.settings);
    const unwanted = generated.filter((domain) => wanted.includes(domain));
    // Those of the other global domains stay, as domains of the app's own.
    if (unwanted.length > 0) replaceGenerated(changes, app, generated);
    for (const domain of wanted) changes.domains.remove(app.id, domain);
    return wanted.map((domain) => ({ domain, changed: own.has(domain) || unwanted.includes(domain) }));
  });
}

/** These and no others, not even the names under the global domains. */
export async function setDomains(context: Context, input: Input): Promise<DomainChange[]> {
  const wanted = normalizeDomains(input.domains);
  return change(context, input.app, (changes, app) => {
    for (const domain of wanted) requireFree(context, changes, app, domain);
    for (const domain of changes.domains.of(app.id)) changes.domains.remove(app.id, domain);
    changes.properties.set(app.id, generatedKey, "false");
    return wanted.map((domain) => {
      changes.domains.add(app.id, domain);
      return { domain, changed: true };
    });
  });
}

export async function clearDomains(context: Context, input: { app: string }): Promise<void> {
  await change(context, input.app, (changes, app) => {
    for (const domain of changes.domains.of(app.id)) changes.domains.remove(app.id, domain);
    changes.properties.set(app.id, generatedKey, "false");
  });
}

/** Back to what a new app has. */
export async function resetDomains(context: Context, input: { app: string }): Promise<void> {
  await change(context, input.app, (changes, app) => {
    for (const domain of changes.domains.of(app.id)) changes.domains.remove(app.id, domain);
    changes.properties.set(app.id, generatedKey, undefined);
    changes.properties.set(app.id, enabledKey, undefined);
    for (const domain of generatedOf(changes, app, context.settings)) requireFree(context, changes, app, domain);
  });
}

export async function enableDomains(context: Context, input: { app: string; enabled: boolean }): Promise<void> {
  await change(context, input.app, (changes, app) => {
    changes.properties.set(app.id, enabledKey, input.enabled ? undefined : "false");
  });
}

async function change<T>(context: Context, name: string, work: (changes: Changes, app: App) => T): Promise<T> {
  const { app, result } = context.store.write((changes) => {
    const found = appByName(changes, name);
    return { app: found, result: work(changes, found) };
  });
  await publishRoutes(context, app.id);
  return result;
}

function replaceGenerated(changes: Changes, app: App, generated: readonly string[]): void {
  const own = new Set(changes.domains.of(app.id));
  for (const domain of generated) if (!own.has(domain)) changes.domains.add(app.id, domain);
  changes.properties.set(app.id, generatedKey, "false");
}

function requireFree({ settings }: Context, changes: Changes, app: App, domain: string): void {
  const owner = ownerOf(changes, domain, settings);
  if (owner === undefined || owner.id === app.id) return;
  if (changes.domains.owner(domain) !== undefined) {
    throw new UserError("domain-taken", `${domain} belongs to app ${owner.name}`, {
      hint: `Take it away there first: domains:remove ${owner.name} ${domain}`,
    });
  }
  throw new UserError("domain-taken", `${domain} is the address of app ${owner.name} under the global domain`, {
    hint: "Choose another domain",
  });
}
