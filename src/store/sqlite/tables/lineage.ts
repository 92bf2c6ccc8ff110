import type { Stamp } from "../../../model/stamp.ts";
import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

export function lineageView(db: Connection): View["lineage"] {
  const all = () => db.all<Stamp>("SELECT store, generation FROM lineage ORDER BY own DESC, store").map(copy);
  return { own: () => all()[0] as Stamp, all };
}

export function lineageChanges(db: Connection): Changes["lineage"] {
  return {
    ...lineageView(db),
    accept: (stamps) => {
      for (const { store, generation } of stamps) {
        db.run(
          `INSERT INTO lineage VALUES (?, ?, 0)
           ON CONFLICT (store) DO UPDATE SET generation = max(generation, excluded.generation)`,
          store,
          generation,
        );
      }
    },
  };
}

/** Part of every write: two states of a store never have the same generation. */
export function advanceGeneration(db: Connection): void {
  db.run("UPDATE lineage SET generation = generation + 1 WHERE own = 1");
}

/** SQLite's rows have no prototype, which a caller's comparison would stumble over. */
function copy({ store, generation }: Stamp): Stamp {
  return { store, generation };
}
