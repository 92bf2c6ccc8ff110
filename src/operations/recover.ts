import { UserError } from "../model/errors.ts";
import type { Release } from "../model/release.ts";
import type { AppRoutes } from "../model/route.ts";
import { highest } from "../model/stamp.ts";
import type { Changes, View } from "../store/store.ts";
import { domainsOf } from "./app-domains.ts";
import type { Context } from "./context.ts";
import { newAppId } from "./ids.ts";
import type { Thing } from "./inventory.ts";
import { findLeftovers } from "./leftovers.ts";
import type { Adopted, RecoveryReport } from "./operations.ts";
import { pageKey } from "./page-properties.ts";
import { type Adoption, conflicts, type KnownApp, planAdoption } from "./plan-adoption.ts";

export async function recoverReport({ safeMode }: Context): Promise<RecoveryReport> {
  return { isOn: safeMode.isOn, unexplained: safeMode.unexplained };
}

/** Takes up what exists: the store is given the apps, releases, quantities and domains that it lacks. */
export async function recoverAdopt(context: Context): Promise<Adopted[]> {
  return await context.safeMode.decide(() => adopt(context));
}

async function adopt(context: Context): Promise<Adopted[]> {
  const { unexplained } = await findLeftovers(context);
  const releases = new Map<string, Release>();
  for (const { kind, id } of unexplained) {
    const release = kind === "dyno" ? await context.engineInventory.releaseOf(id) : undefined;
    if (release !== undefined) releases.set(id, release);
  }
  const known = context.store.read(knownApps);
  const things = unexplained;
  const adoptions = planAdoption({ things, releases, known, newId: newAppId, now: context.now() });
  requireNoConflict(adoptions, known);
  const table = await context.lastRoutes.read();
  context.store.write((changes) => {
    for (const adoption of adoptions) takeUp(context, changes, adoption);
    for (const { app } of adoptions) restoreRoutes(context, changes, app, table);
  });
  await accept(context, unexplained);
  return adoptions.map(({ app, releases: made, current }) => ({
    app: app.name,
    releases: made.length,
    current,
  }));
}

/** Accepts the store as it is: what it does not know is leftover, and goes. Gives what that is. */
export async function recoverForget(context: Context): Promise<readonly Thing[]> {
  return await context.safeMode.decide(async () => {
    const { unexplained } = await findLeftovers(context);
    await accept(context, unexplained);
    return unexplained;
  });
}

/** From now on the stamps of all that was found are the store's own, and the daemon's work begins. */
async function accept(context: Context, things: readonly Thing[]): Promise<void> {
  const { store, safeMode } = context;
  const stamps = [...things.map(({ stamp }) => stamp ?? { store: "", generation: 0 }), safeMode.noted];
  const own = store.write((changes) => {
    changes.lineage.accept(highest(stamps.filter((stamp) => stamp !== undefined)));
    return changes.lineage.own();
  });
  await safeMode.leave(own);
}

function knownApps(view: View): KnownApp[] {
  return view.apps.list().map((app) => ({ app, releases: view.releases.of(app.id) }));
}

function requireNoConflict(adoptions: readonly Adoption[], known: readonly KnownApp[]): void {
  const names = [...new Set(conflicts(adoptions, known))];
  if (names.length === 0) return;
  throw new UserError("adopt-conflict", `The database has other apps of these names: ${names.join(", ")}`, {
    hint: "It is another Berth's, or these were made anew. Put back this host's own berth.db, or move it away and start again: an empty one takes up everything",
  });
}

function takeUp(context: Context, changes: Changes, { app, isNew, releases, current, formation }: Adoption): void {
  const createdAt = Math.min(context.now(), ...releases.map((release) => release.createdAt));
  // Nothing of it runs: it is up to its owner to start it.
  const isIdle = current === undefined;
  if (isNew) changes.apps.insert({ ...app, createdAt, currentReleaseId: undefined, stopped: isIdle });
  for (const release of releases) changes.releases.insert(release);
  const stored = changes.apps.byId(app.id);
  const newest = isNew ? releases.at(-1) : undefined;
  const serving = current === undefined ? newest : changes.releases.byVersion(app.id, current);
  if (stored === undefined || serving === undefined) return;
  changes.apps.update({ ...stored, name: app.name, currentReleaseId: serving.id, stopped: isIdle });
  if (isIdle) return;
  changes.formation.set(app.id, formation);
  const before = changes.config.of(app.id);
  changes.config.unset(
    app.id,
    Object.keys(before).filter((key) => !Object.hasOwn(serving.config, key)),
  );
  changes.config.set(app.id, serving.config);
}

/** Domains and error pages, as the router's last table has them. */
function restoreRoutes(
  { settings }: Context,
  changes: Changes,
  { id, name }: Adoption["app"],
  table: readonly AppRoutes[],
): void {
  const routes = table.find(({ app }) => app === name);
  const app = changes.apps.byId(id);
  if (routes === undefined || app === undefined) return;
  const present = new Set(domainsOf(changes, app, settings));
  const hosts = [...routes.hosts, ...(routes.paths ?? []).map(({ host, path }) => host + path)];
  for (const domain of hosts) {
    if (!present.has(domain) && changes.domains.owner(domain) === undefined) changes.domains.add(id, domain);
  }
  for (const [code, page] of Object.entries(routes.pages ?? {})) changes.properties.set(id, pageKey(code), page);
}
