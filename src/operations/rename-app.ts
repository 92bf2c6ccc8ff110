import type { App } from "../model/app.ts";
import { generatedDomains, renamedDomain } from "../model/domain.ts";
import { UserError } from "../model/errors.ts";
import { checkAppName } from "../model/names.ts";
import type { Changes, View } from "../store/store.ts";
import { globalDomains } from "./app-domains.ts";
import type { Context } from "./context.ts";
import { requireHostFree } from "./create-app.ts";
import type { Job } from "./operations.ts";
import { setPendingRename, undoRename } from "./pending-rename.ts";
import { publishRoutes } from "./publish-routes.ts";
import { replaceDynos } from "./replace-dynos.ts";
import { appByName, currentRelease } from "./require-app.ts";

const redirectKey = "routes.redirect";

export async function renameApp(context: Context, input: { app: string; name: string }, job: Job): Promise<App> {
  checkAppName(input.name);
  const { app, release } = context.store.read((view) => {
    const found = appByName(view, input.app);
    return { app: found, release: currentRelease(view, found) };
  });
  requireFree(context, input.name);
  // Before anything is started for nothing.
  context.store.read((view) => movedDomains(context, view, app, { ...app, name: input.name }));
  return context.locks.hold(app, `rename by ${job.actor}`, async () => {
    const renamed = { ...app, name: input.name };
    const activate = () => moveApp(context, app, renamed);
    if (release === undefined) {
      await activate();
      await publishRoutes(context, app.id);
      await context.publisher.withdraw(app.name);
    } else {
      await replaceDynos(context, { app: renamed, release, activate, nameBefore: app.name }, job);
    }
    await context.routerLogs.rename(app.name, renamed.name);
    return renamed;
  });
}

/**
 * Repository and state in one go: a daemon that is killed while dynos boot leaves the app whole, under its old name. Killed
 * between the two moves, the next start takes the repository back.
 */
async function moveApp(context: Context, app: App, renamed: App): Promise<void> {
  requireFree(context, renamed.name);
  // One without an app is what a daemon left that was killed in a first push.
  if (await context.repositories.exists(renamed.name)) await context.repositories.remove(renamed.name);
  // An app that was never pushed to has none.
  const hasRepository = await context.repositories.exists(app.name);
  if (hasRepository) context.store.write((changes) => setPendingRename(changes, app.id, renamed.name));
  try {
    await context.repositories.rename(app.name, renamed.name);
    requireFree(context, renamed.name);
    context.store.write((changes) => {
      moveDomains(changes, app, movedDomains(context, changes, app, renamed));
      changes.apps.update(renamed);
      setPendingRename(changes, app.id, undefined);
    });
  } catch (error) {
    if (hasRepository) await undoRename(context, app, renamed.name);
    throw error;
  }
}

interface Moved {
  readonly domains: readonly string[];
  /** Of the property that names the host that stays. */
  readonly redirect: string | undefined;
}

/** An explicit list may have the names that the app had by its own name: they are the new name's from now on. */
function movedDomains(context: Context, view: View, app: App, renamed: App): Moved {
  const globals = globalDomains(view, context.settings);
  const after = generatedDomains(renamed.name, globals);
  const before = generatedDomains(app.name, globals);
  const names = new Map(before.map((name, index) => [name, after[index] ?? after[0] ?? name]));
  const domains = view.domains.of(app.id).map((domain) => renamedDomain(domain, names));
  const redirect = view.properties.get(app.id, redirectKey);
  for (const domain of domains) {
    const owner = view.domains.owner(domain);
    if (owner === undefined || owner === app.id) continue;
    const name = view.apps.byId(owner)?.name ?? "";
    throw new UserError("domain-taken", `App ${renamed.name} would have the domain ${domain}, which app ${name} has`, {
      hint: `Take it away there first: domains:remove ${name} ${domain}`,
    });
  }
  return { domains: [...new Set(domains)], redirect: redirect && renamedDomain(redirect, names) };
}

/** They keep their order, which says what stands first in lists. */
function moveDomains(changes: Changes, app: App, { domains, redirect }: Moved): void {
  const before = changes.domains.of(app.id);
  if (before.join() !== domains.join()) {
    for (const domain of before) changes.domains.remove(app.id, domain);
    for (const domain of domains) changes.domains.add(app.id, domain);
  }
  changes.properties.set(app.id, redirectKey, redirect);
}

function requireFree(context: Context, name: string): void {
  context.store.read((view) => {
    if (view.apps.byName(name) !== undefined) {
      throw new UserError("name-taken", "Name is already taken", { hint: `App ${name} exists; choose another name` });
    }
    requireHostFree(context, view, name);
  });
}
