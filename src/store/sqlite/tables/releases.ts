import type { ConfigVars, ProcessTypes } from "../../../model/app.ts";
import type { Release } from "../../../model/release.ts";
import type { Runtime } from "../../../model/runtime.ts";
import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

interface ReleaseRow {
  id: string;
  app_id: string;
  version: number;
  image: string;
  config: string;
  process_types: string;
  runtime: string | null;
  commit_id: string | null;
  build_id: string | null;
  description: string;
  created_by: string;
  created_at: number;
}

const columns =
  "id, app_id, version, image, config, process_types, runtime, commit_id, build_id, description, created_by, created_at";

export function releaseView(db: Connection): View["releases"] {
  return {
    of: (appId) =>
      db.all<ReleaseRow>(`SELECT ${columns} FROM releases WHERE app_id = ? ORDER BY version`, appId).map(toRelease),
    byId: (id) => optional(db.get<ReleaseRow>(`SELECT ${columns} FROM releases WHERE id = ?`, id)),
    byVersion: (appId, version) =>
      optional(db.get<ReleaseRow>(`SELECT ${columns} FROM releases WHERE app_id = ? AND version = ?`, appId, version)),
    nextVersion: (appId) =>
      db.get<{ next_version: number }>("SELECT next_version FROM apps WHERE id = ?", appId)?.next_version ?? 1,
  };
}

export function releaseChanges(db: Connection): Changes["releases"] {
  return {
    ...releaseView(db),
    insert: (release) => {
      db.run(`INSERT INTO releases (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, ...fields(release));
      db.run("UPDATE apps SET next_version = max(next_version, ?) WHERE id = ?", release.version + 1, release.appId);
    },
    remove: (id) => {
      db.run("DELETE FROM releases WHERE id = ?", id);
    },
  };
}

function fields(release: Release): (string | number | null)[] {
  return [
    release.id,
    release.appId,
    release.version,
    release.image,
    JSON.stringify(release.config),
    JSON.stringify(release.processTypes),
    release.runtime === undefined ? null : JSON.stringify(release.runtime),
    release.commit ?? null,
    release.buildId ?? null,
    release.description,
    release.createdBy,
    release.createdAt,
  ];
}

function optional(row: ReleaseRow | undefined): Release | undefined {
  return row && toRelease(row);
}

function toRelease(row: ReleaseRow): Release {
  return {
    id: row.id,
    appId: row.app_id,
    version: row.version,
    image: row.image,
    config: JSON.parse(row.config) as ConfigVars,
    processTypes: JSON.parse(row.process_types) as ProcessTypes,
    ...(row.runtime === null ? {} : { runtime: JSON.parse(row.runtime) as Runtime }),
    commit: row.commit_id ?? undefined,
    buildId: row.build_id ?? undefined,
    description: row.description,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
