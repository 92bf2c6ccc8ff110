import type { App } from "../../../model/app.ts";
import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

interface AppRow {
  id: string;
  name: string;
  created_at: number;
  current_release_id: string | null;
  stopped: number;
}

const columns = "id, name, created_at, current_release_id, stopped";

export function appView(db: Connection): View["apps"] {
  return {
    list: () => db.all<AppRow>(`SELECT ${columns} FROM apps ORDER BY name`).map(toApp),
    byName: (name) => optional(db.get<AppRow>(`SELECT ${columns} FROM apps WHERE name = ?`, name)),
    byId: (id) => optional(db.get<AppRow>(`SELECT ${columns} FROM apps WHERE id = ?`, id)),
  };
}

export function appChanges(db: Connection): Changes["apps"] {
  return {
    ...appView(db),
    insert: (app) => {
      db.run(
        `INSERT INTO apps (${columns}) VALUES (?, ?, ?, ?, ?)`,
        app.id,
        app.name,
        app.createdAt,
        app.currentReleaseId ?? null,
        Number(app.stopped),
      );
    },
    update: (app) => {
      const changed = db.run(
        "UPDATE apps SET name = ?, created_at = ?, current_release_id = ?, stopped = ? WHERE id = ?",
        app.name,
        app.createdAt,
        app.currentReleaseId ?? null,
        Number(app.stopped),
        app.id,
      );
      if (changed === 0) throw new Error(`app ${app.id} is not in the store`);
    },
    remove: (id) => {
      db.run("DELETE FROM apps WHERE id = ?", id);
    },
  };
}

function optional(row: AppRow | undefined): App | undefined {
  return row && toApp(row);
}

function toApp(row: AppRow): App {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at,
    currentReleaseId: row.current_release_id ?? undefined,
    stopped: row.stopped === 1,
  };
}
