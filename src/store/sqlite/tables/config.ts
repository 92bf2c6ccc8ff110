import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

interface ConfigRow {
  name: string;
  value: string;
}

export function configView(db: Connection): View["config"] {
  return {
    of: (appId) => {
      const rows = db.all<ConfigRow>("SELECT name, value FROM config_vars WHERE app_id = ? ORDER BY name", appId);
      return Object.fromEntries(rows.map((row) => [row.name, row.value]));
    },
  };
}

export function configChanges(db: Connection): Changes["config"] {
  return {
    ...configView(db),
    set: (appId, vars) => {
      for (const [name, value] of Object.entries(vars)) {
        db.run(
          `INSERT INTO config_vars (app_id, name, value) VALUES (?, ?, ?)
           ON CONFLICT (app_id, name) DO UPDATE SET value = excluded.value`,
          appId,
          name,
          value,
        );
      }
    },
    unset: (appId, keys) => {
      for (const key of keys) db.run("DELETE FROM config_vars WHERE app_id = ? AND name = ?", appId, key);
    },
  };
}
