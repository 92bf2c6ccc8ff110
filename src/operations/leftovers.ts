import { forEachLimited } from "../lib/for-each-limited.ts";
import type { App } from "../model/app.ts";
import { dynoName } from "../model/dyno.ts";
import { messageOf } from "../model/errors.ts";
import { imagesOf } from "../model/runtime.ts";
import { isProven, type Stamp, unstamped } from "../model/stamp.ts";
import type { View } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { Thing, ThingKind } from "./inventory.ts";
import { pagesInUse } from "./page-properties.ts";
import { currentRelease } from "./require-app.ts";
import { wantedOfApp } from "./wanted-dynos.ts";

/** What the store knows, as far as it takes to tell what is in use from what was left behind. */
export interface Known {
  readonly appNames: ReadonlySet<string>;
  readonly appIds: ReadonlySet<string>;
  /** `APP VERSION TYPE.NUMBER` of each dyno that is to run. */
  readonly dynos: ReadonlySet<string>;
  readonly images: ReadonlySet<string>;
  readonly pages: ReadonlySet<string>;
  readonly lineage: readonly Stamp[];
}

export function readKnown(view: View): Known {
  const apps = view.apps.list();
  return {
    appNames: new Set(apps.map(({ name }) => name)),
    appIds: new Set(apps.map(({ id }) => id)),
    dynos: new Set(apps.flatMap((app) => dynosOf(view, app))),
    images: new Set(apps.flatMap(({ id }) => view.releases.of(id).flatMap(imagesOf))),
    pages: pagesInUse(view),
    lineage: view.lineage.all(),
  };
}

function dynosOf(view: View, app: App): string[] {
  const release = currentRelease(view, app);
  const wanted = wantedOfApp(app, release, view.formation.of(app.id));
  return wanted.map((dyno) => `${app.name} ${release?.version} ${dynoName(dyno)}`);
}

type Rule = (thing: Thing, known: Known) => boolean;

const byName: Rule = ({ app = "" }, { appNames }) => appNames.has(app);
const byId: Rule = ({ appId = "" }, { appIds }) => appIds.has(appId);
const never: Rule = () => false;

/** Whether something is in use, by what the store says. What only lives for a moment is in use by nobody at the start. */
const inUse: Readonly<Record<ThingKind, Rule>> = {
  // A container that tells no id of its app was made before there were stamps.
  dyno: ({ app, appId, release, dyno }, { dynos, appIds }) =>
    dynos.has(`${app} ${release} ${dyno}`) && (appId === undefined || appIds.has(appId)),
  image: ({ id }, { images }) => images.has(id),
  base: byId,
  cache: byId,
  data: byId,
  "app-network": byId,
  repository: byName,
  "access-log": byName,
  page: ({ id }, { pages }) => pages.has(id),
  container: never,
  untagged: never,
  probe: never,
  unfinished: never,
  scratch: never,
};

/** Nobody misses them: they need no proof. */
const momentary: ReadonlySet<ThingKind> = new Set(["container", "untagged", "probe", "unfinished", "scratch"]);
/** Carry no stamp: what is true of the rest decides over them too. */
const unstampable: ReadonlySet<ThingKind> = new Set(["access-log", "page"]);

export interface Findings {
  /** What this Berth has made and nothing needs any more: the store has forgotten it since. */
  readonly leftovers: readonly Thing[];
  /** What the store does not know and may never have known: made under another store, or by a later state of this one. */
  readonly unexplained: readonly Thing[];
}

/** `newest`: the generation that was noted outside of the store, where one was. */
export function sortOut(things: readonly Thing[], known: Known, newest: Stamp | undefined): Findings {
  const isCurrent = newest === undefined || isProven(newest, known.lineage);
  const unknown = things.filter((thing) => !inUse[thing.kind](thing, known));
  const proven = (thing: Thing): boolean =>
    momentary.has(thing.kind) ||
    (isCurrent && (unstampable.has(thing.kind) || isProven(thing.stamp ?? unstamped, known.lineage)));
  return { leftovers: unknown.filter(proven), unexplained: unknown.filter((thing) => !proven(thing)) };
}

/** Everything that exists, with what the store says of it. Before this daemon makes anything itself. */
export async function findLeftovers(context: Context): Promise<Findings> {
  const { inventory, store, safeMode } = context;
  const things = (await Promise.all(inventory.map((one) => one.list()))).flat();
  return sortOut(things, store.read(readKnown), safeMode.noted);
}

const removalsAtOnce = 4;

/** Containers first: they keep what they were made of. One that cannot be removed is named in the log and keeps nothing else. */
export async function removeThings(context: Context, things: readonly Thing[]): Promise<void> {
  const isContainer = ({ kind }: Thing) => kind === "container" || kind === "dyno";
  for (const part of [things.filter(isContainer), things.filter((thing) => !isContainer(thing))]) {
    await forEachLimited(part, removalsAtOnce, async (thing) => {
      if (!context.stopping.aborted) await removeOne(context, thing);
    });
  }
}

async function removeOne(context: Context, thing: Thing): Promise<void> {
  const { kind, id, app } = thing;
  try {
    for (const inventory of context.inventory) await inventory.remove(thing);
    context.logger.info({ kind, id, app }, "leftover removed");
  } catch (error) {
    context.logger.warn({ kind, id, app, reason: messageOf(error) }, "a leftover cannot be removed");
  }
}
