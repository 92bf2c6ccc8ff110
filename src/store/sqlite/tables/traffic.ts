import { sumOf, type Traffic } from "../../../model/traffic.ts";
import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

interface TrafficRow {
  at: number;
  counts: string;
}

export function trafficView(db: Connection): View["traffic"] {
  return {
    of: (appId, step, from) =>
      db
        .all<TrafficRow>(
          "SELECT at, counts FROM traffic WHERE app_id = ? AND step = ? AND at >= ? ORDER BY at",
          appId,
          step,
          from,
        )
        .map(({ at, counts }) => ({ at, traffic: JSON.parse(counts) as Traffic })),
  };
}

export function trafficChanges(db: Connection): Changes["traffic"] {
  return {
    ...trafficView(db),
    add: (appId, step, { at, traffic }) => {
      const row = db.get<TrafficRow>(
        "SELECT at, counts FROM traffic WHERE app_id = ? AND step = ? AND at = ?",
        appId,
        step,
        at,
      );
      const sum = row === undefined ? traffic : sumOf(JSON.parse(row.counts) as Traffic, traffic);
      db.run(
        `INSERT INTO traffic (app_id, step, at, counts) VALUES (?, ?, ?, ?)
         ON CONFLICT (app_id, step, at) DO UPDATE SET counts = excluded.counts`,
        appId,
        step,
        at,
        JSON.stringify(sum),
      );
    },
    forget: (step, before) => void db.run("DELETE FROM traffic WHERE step = ? AND at < ?", step, before),
  };
}
