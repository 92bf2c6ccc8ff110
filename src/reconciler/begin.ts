import type { Dyno } from "../model/dyno.ts";
import type { Context } from "../operations/context.ts";
import type { Thing } from "../operations/inventory.ts";
import { type Findings, findLeftovers, removeThings } from "../operations/leftovers.ts";
import { completeMoves } from "../operations/pending-move.ts";
import { retire } from "../operations/transition.ts";

export interface Work {
  /** Brings what runs, and the router's table, to what the store wants. */
  start(): Promise<void>;
}

/**
 * Begins the daemon's work, or enters safe mode where the store does not know what exists. Dynos that nobody wants are left to
 * the work itself, which lets their requests end.
 */
export async function beginWork(context: Context, work: Work): Promise<void> {
  const { safeMode, store, logger } = context;
  const findings = await findLeftovers(context);
  const own = store.read((view) => view.lineage.own());
  if (findings.unexplained.length === 0) {
    await begin(context, work, findings);
    return await safeMode.leave(own);
  }
  const found = countByKind(findings);
  logger.error(
    { found, store: own.store, generation: own.generation },
    "safe mode: the database does not know what exists",
  );
  safeMode.enter(findings.unexplained, async () => begin(context, work, await findLeftovers(context)));
}

async function begin(context: Context, work: Work, { leftovers }: Findings): Promise<void> {
  // The first builds and pushes of this daemon come after this: all that is listed is an earlier one's.
  const gone = leftovers.filter(({ kind }) => kind !== "dyno");
  const isFirst = ({ kind }: Thing) => kind === "container" || kind === "unfinished";
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
