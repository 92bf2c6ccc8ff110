import type { Paths } from "../config/paths.ts";
import type { Stamp } from "../model/stamp.ts";
import { SafeMode } from "../operations/safe-mode.ts";
import { openGenerationFile } from "../store/sqlite/generation-file.ts";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import type { Store } from "../store/store.ts";

interface Opened {
  readonly store: Store;
  /** For something that is about to be made: no state of the store from before this call has it. */
  readonly takeStamp: () => Stamp;
  readonly safeMode: SafeMode;
}

/** The store, and what tells whether it is the one that Berth last worked with. */
export function openStore(paths: Paths, undo: (work: () => void) => void): Opened {
  const file = openGenerationFile(paths.generation);
  undo(() => file.close());
  const store = openSqliteStore(paths.database, file.note);
  undo(() => store.close());
  return { store, takeStamp: () => store.write((changes) => changes.lineage.own()), safeMode: new SafeMode(file) };
}

const instanceKey = "host.instance";

/** The id by which this Berth finds its containers, for a root that has lost the file with it. */
export function rememberedInstance(store: Store): string | undefined {
  return store.read((view) => view.properties.get(undefined, instanceKey));
}

export function rememberInstance(store: Store, instance: string): void {
  if (rememberedInstance(store) === instance) return;
  store.write((changes) => changes.properties.set(undefined, instanceKey, instance));
}
