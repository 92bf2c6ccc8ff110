import { generatedDomains } from "../model/domain.ts";
import { type Dyno, dynoName } from "../model/dyno.ts";
import type { AppRoutes, Target } from "../model/route.ts";
import type { Context } from "../operations/context.ts";
import type { Thing, ThingKind } from "../operations/inventory.ts";
import { type Findings, findLeftovers, removeThings } from "../operations/leftovers.ts";
import { completeMoves } from "../operations/pending-move.ts";
import { undoRenames } from "../operations/pending-rename.ts";
import { retire } from "../operations/transition.ts";

export interface Work {
  /** Brings what runs, and the router's table, to what the store wants. */
  start(): Promise<void>;
}

/**
 * Looks at what exists and gives what begins the daemon's work; in safe mode, which it enters where the store does not know
 * what exists, that is nothing yet.
 */
export async function prepareWork(context: Context, work: Work): Promise<() => Promise<void>> {
  const { safeMode, store, logger } = context;
  const findings = await findLeftovers(context);
  const own = store.read((view) => view.lineage.own());
  if (findings.unexplained.length === 0) {
    return async () => {
      await begin(context, work, findings);
      await safeMode.leave(own);
    };
  }
  const found = countByKind(findings);
  logger.error(
    { found, store: own.store, generation: own.generation },
    "safe mode: the database does not know what exists",
  );
  safeMode.enter(findings.unexplained, async () => begin(context, work, await findLeftovers(context)));
  await serveWhatRuns(context);
  return async () => undefined;
}

/** A last table that came from a backup leads to dynos that are gone. Workers that run have a newer one and do not read it. */
async function serveWhatRuns({ scheduler, lastRoutes, settings, logger }: Context): Promise<void> {
  try {
    const { domain } = settings;
    const domains = domain === undefined ? [] : [domain];
    await lastRoutes.write(routesToWhatRuns(await lastRoutes.read(), await scheduler.list(), domains));
  } catch (error) {
    logger.error({ err: error }, "the last table of routes could not be brought to what runs");
  }
}

/** Each app with running web dynos is led to those of its newest release; without an entry, by its own name. */
export function routesToWhatRuns(
  last: readonly AppRoutes[],
  dynos: readonly Dyno[],
  domains: readonly string[],
): AppRoutes[] {
  const table = new Map(last.map((routes) => [routes.app, routes]));
  for (const app of new Set(dynos.map((dyno) => dyno.app))) {
    const running = dynos.filter((dyno) => dyno.app === app && dyno.state === "running");
    const release = Math.max(0, ...running.map((dyno) => dyno.release));
    const targets = running.flatMap((dyno): Target[] => {
      const { id, address, port } = dyno;
      if (dyno.release !== release || address === undefined || port === undefined) return [];
      return [{ id, dyno: dynoName(dyno), address, port }];
    });
    if (targets.length === 0) continue;
    const known = table.get(app) ?? { app, hosts: generatedDomains(app, domains) };
    table.set(app, { ...known, targets, release });
  }
  return [...table.values()];
}

const onEngine: ReadonlySet<ThingKind> = new Set([
  "container",
  "image",
  "untagged",
  "base",
  "cache",
  "data",
  "app-network",
  "probe",
]);

async function begin(context: Context, work: Work, { leftovers }: Findings): Promise<void> {
  // The first builds and pushes of this daemon come after this: all that is listed is an earlier one's.
  const gone = leftovers.filter(({ kind }) => kind !== "dyno");
  await undoRenames(context);
  // On the engine, nothing new has the name of what is left; in the root it might.
  const isFirst = ({ kind }: Thing) => !onEngine.has(kind) || kind === "container";
  await removeThings(context, gone.filter(isFirst));
  await completeMoves(context);
  const orphans = await dynosOfNoApp(context);
  await work.start();
  context.background.run("remove leftovers", async () => {
    // Before the images that they run.
    await retire(context, orphans);
    await removeThings(
      context,
      gone.filter((thing) => !isFirst(thing)),
    );
  });
}

/**
 * A daemon that was killed in a rename left the dynos of the old name. Only now is it sure that they are not the new ones
 * of a rename in progress; later they would be taken for those of the next app of that name.
 */
async function dynosOfNoApp({ store, scheduler, logger }: Context): Promise<Dyno[]> {
  const names = new Set(store.read((view) => view.apps.list().map(({ name }) => name)));
  const orphans = (await scheduler.list()).filter(({ app }) => !names.has(app));
  const dynos = orphans.map(({ app, id }) => ({ app, id }));
  if (dynos.length > 0) logger.warn({ dynos }, "removing dynos of apps that are not there");
  return orphans;
}

function countByKind({ unexplained }: Findings): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of unexplained) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
