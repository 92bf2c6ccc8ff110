import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

interface FormationRow {
  process_type: string;
  quantity: number;
}

export function formationView(db: Connection): View["formation"] {
  return {
    of: (appId) => {
      const rows = db.all<FormationRow>(
        "SELECT process_type, quantity FROM formation WHERE app_id = ? ORDER BY process_type",
        appId,
      );
      return Object.fromEntries(rows.map((row) => [row.process_type, row.quantity]));
    },
  };
}

export function formationChanges(db: Connection): Changes["formation"] {
  return {
    ...formationView(db),
    set: (appId, formation) => {
      for (const [processType, quantity] of Object.entries(formation)) {
        db.run(
          `INSERT INTO formation (app_id, process_type, quantity) VALUES (?, ?, ?)
           ON CONFLICT (app_id, process_type) DO UPDATE SET quantity = excluded.quantity`,
          appId,
          processType,
          quantity,
        );
      }
    },
  };
}
