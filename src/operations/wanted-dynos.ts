import { type App, type Formation, type ProcessTypes, wantedQuantity } from "../model/app.ts";
import { type Dyno, dynoName } from "../model/dyno.ts";
import type { Release } from "../model/release.ts";

/** A dyno that should run: which line of the Procfile, and which one of its kind. */
export interface WantedDyno {
  readonly processType: string;
  readonly number: number;
  readonly command: string;
}

/** Runs once per release, never as a dyno of the formation (Heroku's release phase). */
const notDynos: ReadonlySet<string> = new Set(["release"]);

/** Wanted number for every process type of the release and the formation. */
export function quantities(processTypes: ProcessTypes, formation: Formation): Formation {
  const types = [...Object.keys(processTypes), ...Object.keys(formation)].filter((type) => !notDynos.has(type));
  return Object.fromEntries([...new Set(types)].map((type) => [type, wantedQuantity(formation, type)]));
}

export function isScalable(processTypes: ProcessTypes, processType: string): boolean {
  return Object.hasOwn(processTypes, processType) && !notDynos.has(processType);
}

/** All dynos of a release under a formation, web first. Types that the release does not have are passed over. */
export function wantedDynos(release: Pick<Release, "processTypes">, formation: Formation): WantedDyno[] {
  const types = Object.entries(release.processTypes).filter(([type]) => !notDynos.has(type));
  types.sort(([a], [b]) => Number(b === "web") - Number(a === "web"));
  return types.flatMap(([processType, command]) =>
    Array.from({ length: wantedQuantity(formation, processType) }, (_, index) => ({
      processType,
      number: index + 1,
      command,
    })),
  );
}

export interface Difference {
  readonly start: readonly WantedDyno[];
  readonly stop: readonly Dyno[];
  readonly keep: readonly Dyno[];
}

/**
 * What to do so that exactly the wanted dynos of the release run. Dynos of other releases, beyond the formation, ended for
 * good, or second of the same name (left by a daemon that was killed in a restart; the older one has proved itself) go.
 */
export function difference(wanted: readonly WantedDyno[], actual: readonly Dyno[], version: number): Difference {
  const wantedNames = new Set(wanted.map(dynoName));
  const keep = new Map<string, Dyno>();
  for (const dyno of [...actual].sort((a, b) => a.createdAt - b.createdAt)) {
    const name = dynoName(dyno);
    const fits = dyno.release === version && dyno.state !== "exited" && wantedNames.has(name);
    if (fits && !keep.has(name)) keep.set(name, dyno);
  }
  const kept = new Set([...keep.values()].map((dyno) => dyno.id));
  return {
    start: wanted.filter((dyno) => !keep.has(dynoName(dyno))),
    stop: actual.filter((dyno) => !kept.has(dyno.id)),
    keep: [...keep.values()],
  };
}

/** Nothing is wanted of an app that is stopped or was never deployed. */
export function wantedOfApp(app: App, release: Release | undefined, formation: Formation): WantedDyno[] {
  return app.stopped || release === undefined ? [] : wantedDynos(release, formation);
}
