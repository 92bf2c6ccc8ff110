/**
 * Says when a thing (container, image, volume, network, repository) was made: under which store, and how often that store
 * had been written to by then. A store that is empty, of another Berth or restored from a backup shows by it.
 */
export interface Stamp {
  /** Random identity of the store. */
  readonly store: string;
  /** Each write to the store raises it. */
  readonly generation: number;
}

/** Stands for the stamp of what was made by a Berth that knew none. */
export const unstamped: Stamp = { store: "", generation: 0 };

/** True if a store with this lineage has been written to since the thing was made: what it does not know, it has forgotten. */
export function isProven(stamp: Stamp, lineage: readonly Stamp[]): boolean {
  return lineage.some(({ store, generation }) => store === stamp.store && generation >= stamp.generation);
}

/** The highest of each store. */
export function highest(stamps: readonly Stamp[]): Stamp[] {
  const found = new Map<string, number>();
  for (const { store, generation } of stamps) found.set(store, Math.max(generation, found.get(store) ?? 0));
  return [...found].map(([store, generation]) => ({ store, generation }));
}

export function formatStamp({ store, generation }: Stamp): string {
  return `${store} ${generation}`;
}

/** Undefined for a text that is no stamp. */
export function parseStamp(text: string): Stamp | undefined {
  const [, store, generation] = /^([0-9a-f]{32}) (\d{1,15})\s*$/.exec(text) ?? [];
  return store === undefined ? undefined : { store, generation: Number(generation) };
}
