import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

interface PropertyRow {
  key: string;
  value: string;
}

// IS and not =: the host's properties have no app, and NULL = NULL is not true.
export function propertyView(db: Connection): View["properties"] {
  return {
    get: (appId, key) =>
      db.get<PropertyRow>("SELECT key, value FROM properties WHERE app_id IS ? AND key = ?", appId ?? null, key)?.value,
    of: (appId) => {
      const rows = db.all<PropertyRow>(
        "SELECT key, value FROM properties WHERE app_id IS ? ORDER BY key",
        appId ?? null,
      );
      return Object.fromEntries(rows.map((row) => [row.key, row.value]));
    },
  };
}

export function propertyChanges(db: Connection): Changes["properties"] {
  return {
    ...propertyView(db),
    set: (appId, key, value) => {
      db.run("DELETE FROM properties WHERE app_id IS ? AND key = ?", appId ?? null, key);
      if (value === undefined) return;
      db.run("INSERT INTO properties (app_id, key, value) VALUES (?, ?, ?)", appId ?? null, key, value);
    },
  };
}
