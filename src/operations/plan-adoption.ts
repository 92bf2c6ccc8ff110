import type { App, Formation } from "../model/app.ts";
import type { Release } from "../model/release.ts";
import { imagesOf } from "../model/runtime.ts";
import type { Thing } from "./inventory.ts";

/** What the store has of an app already. */
export interface KnownApp {
  readonly app: App;
  readonly releases: readonly Release[];
}

/** One app as it will be, with the releases that the store lacks. */
export interface Adoption {
  readonly app: Pick<App, "id" | "name">;
  readonly isNew: boolean;
  readonly releases: readonly Release[];
  /** Version of the release that runs; undefined where no dyno does. */
  readonly current: number | undefined;
  readonly formation: Formation;
}

export interface Finds {
  /** All that the store does not explain. */
  readonly things: readonly Thing[];
  /** Container id -> the release that it says it runs. */
  readonly releases: ReadonlyMap<string, Release>;
  readonly known: readonly KnownApp[];
  readonly newId: () => string;
  readonly now: number;
}

/** The apps behind what was found: each has an id, which survives a rename, or where nothing tells one a name. */
export function planAdoption(finds: Finds): Adoption[] {
  const groups = groupByApp(finds);
  return [...groups].map(([id, things]) => adopt(finds, id, things));
}

/** Apps whose name is in the store under another id: two of one name cannot both be taken up. */
export function conflicts(adoptions: readonly Adoption[], known: readonly KnownApp[]): string[] {
  const names = adoptions.map(({ app }) => app);
  const taken = (name: string, id: string) =>
    known.some(({ app }) => app.name === name && app.id !== id) ||
    names.some((other) => other.name === name && other.id !== id);
  return names.filter(({ name, id }) => taken(name, id)).map(({ name }) => name);
}

function groupByApp({ things, releases, known, newId }: Finds): Map<string, Thing[]> {
  const ids = new Map<string, string>(known.map(({ app }) => [app.name, app.id]));
  const idOf = (thing: Thing) => thing.appId ?? (releases.get(thing.id)?.appId || undefined);
  // What has an id tells it to what has only a name. What runs knows the name of today.
  for (const thing of [...things].sort((a, b) => Number(a.kind === "dyno") - Number(b.kind === "dyno"))) {
    const id = idOf(thing);
    if (thing.app !== undefined && id !== undefined) ids.set(thing.app, id);
  }
  const groups = new Map<string, Thing[]>();
  for (const thing of things) {
    if (thing.app === undefined) continue;
    const id = idOf(thing) ?? ids.get(thing.app) ?? newId();
    if (!ids.has(thing.app)) ids.set(thing.app, id);
    groups.set(id, [...(groups.get(id) ?? []), thing]);
  }
  return groups;
}

function adopt(finds: Finds, id: string, things: readonly Thing[]): Adoption {
  const known = finds.known.find(({ app }) => app.id === id);
  const dynos = things.filter(({ kind }) => kind === "dyno");
  const ran = releasesOfDynos(finds, id, dynos);
  const current = ran.length === 0 ? undefined : Math.max(...ran.map(({ version }) => version));
  const kept = [...(known?.releases ?? []), ...ran];
  const versions = new Set((known?.releases ?? []).map(({ version }) => version));
  const images = releasesOfImages(finds, { id, things, kept });
  return {
    // The store may be from before a rename; what runs has the name of today.
    app: { id, name: nameOf(dynos) ?? known?.app.name ?? nameOf(things) ?? id },
    isNew: known === undefined,
    releases: [...ran.filter(({ version }) => !versions.has(version)), ...images].sort((a, b) => a.version - b.version),
    current,
    formation: formationOf(dynos.filter(({ release }) => release === current)),
  };
}

function nameOf(things: readonly Thing[]): string | undefined {
  return things.find(({ app }) => app !== undefined)?.app;
}

/** One of each version. What containers without all of it tell of their own process types is put together. */
function releasesOfDynos({ releases, newId }: Finds, appId: string, dynos: readonly Thing[]): Release[] {
  const found = new Map<number, Release>();
  for (const { id } of dynos) {
    const release = releases.get(id);
    if (release === undefined) continue;
    const other = found.get(release.version);
    const processTypes = { ...other?.processTypes, ...release.processTypes };
    found.set(release.version, { ...release, id: release.id || newId(), appId, processTypes });
  }
  return [...found.values()];
}

function formationOf(dynos: readonly Thing[]): Formation {
  const counts: Record<string, number> = {};
  for (const { dyno = "" } of dynos) {
    const type = dyno.slice(0, dyno.lastIndexOf("."));
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}

/**
 * Images that no dyno runs become releases to go back to. Nothing tells their versions: the newest build gets the highest that
 * is free below what runs, or above where nothing does.
 */
function releasesOfImages(
  finds: Finds,
  { id, things, kept }: { id: string; things: readonly Thing[]; kept: readonly Release[] },
): Release[] {
  const used = new Set(kept.flatMap(imagesOf));
  const builds = new Map<string, Thing[]>();
  for (const thing of things) {
    if (thing.kind !== "image" || used.has(thing.id)) continue;
    const build = buildOf(thing.id);
    builds.set(build, [...(builds.get(build) ?? []), thing]);
  }
  const oldestFirst = [...builds].sort(([a], [b]) => (a < b ? -1 : 1));
  const versions = freeVersions(new Set(kept.map(({ version }) => version)), oldestFirst.length);
  return oldestFirst.map(([build, images], index) => {
    const [first] = images as [Thing, ...Thing[]];
    return {
      id: finds.newId(),
      appId: id,
      version: versions[index] as number,
      image: first.id,
      config: {},
      ...contentOf(images),
      commit: first.commit,
      buildId: build,
      description: "Taken up from its image",
      createdBy: "recover:adopt",
      createdAt: finds.now,
    };
  });
}

/** `berth-I/APP:BUILD` or, of several of one build, `berth-I/APP:BUILD-PART`. */
function buildOf(reference: string): string {
  const tag = reference.slice(reference.lastIndexOf(":") + 1);
  const end = tag.indexOf("-");
  return end === -1 ? tag : tag.slice(0, end);
}

function contentOf(images: readonly Thing[]): Pick<Release, "processTypes" | "runtime"> {
  const [first] = images;
  // The command that the image itself has.
  if (first?.builder === "buildpack") return { processTypes: { web: "/start web" } };
  const parts = images.flatMap(({ id }) => {
    const tag = id.slice(id.lastIndexOf(":") + 1);
    return tag.includes("-") ? [[tag.slice(tag.indexOf("-") + 1), { image: id }] as const] : [];
  });
  if (parts.length === 0) return { processTypes: { web: "" }, runtime: {} };
  const processTypes = Object.fromEntries(parts.map(([name]) => [name, ""]));
  return { processTypes, runtime: { services: Object.fromEntries(parts) } };
}

/** Lowest first. */
function freeVersions(taken: ReadonlySet<number>, count: number): number[] {
  const top = Math.max(0, ...taken);
  const below = Array.from({ length: top }, (_, index) => index + 1).filter((version) => !taken.has(version));
  const above = Array.from({ length: count }, (_, index) => top + index + 1);
  const enough = below.length >= count ? below.slice(-count) : [...below, ...above];
  return count === 0 ? [] : enough.slice(0, count);
}
