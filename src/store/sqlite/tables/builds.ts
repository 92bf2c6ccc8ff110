import type { Build, BuildStatus } from "../../../model/build.ts";
import type { Changes, View } from "../../store.ts";
import type { Connection } from "../connection.ts";

interface BuildRow {
  id: string;
  app_id: string;
  commit_id: string;
  status: string;
  builder: string | null;
  image: string | null;
  started_at: number;
  finished_at: number | null;
}

const columns = "id, app_id, commit_id, status, builder, image, started_at, finished_at";
const oldestFirst = "ORDER BY started_at, sequence";

export function buildView(db: Connection): View["builds"] {
  return {
    of: (appId) =>
      db.all<BuildRow>(`SELECT ${columns} FROM builds WHERE app_id = ? ${oldestFirst}`, appId).map(toBuild),
    byId: (id) => {
      const row = db.get<BuildRow>(`SELECT ${columns} FROM builds WHERE id = ?`, id);
      return row && toBuild(row);
    },
    withStatus: (status) =>
      db.all<BuildRow>(`SELECT ${columns} FROM builds WHERE status = ? ${oldestFirst}`, status).map(toBuild),
    log: (id) =>
      db
        .all<{ text: string }>("SELECT text FROM build_log_chunks WHERE build_id = ? ORDER BY sequence", id)
        .map((row) => row.text)
        .join(""),
  };
}

export function buildChanges(db: Connection): Changes["builds"] {
  return {
    ...buildView(db),
    insert: (build) => {
      db.run(`INSERT INTO builds (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, build.id, ...fields(build));
    },
    update: (build) => {
      const changed = db.run(
        `UPDATE builds
         SET app_id = ?, commit_id = ?, status = ?, builder = ?, image = ?, started_at = ?, finished_at = ?
         WHERE id = ?`,
        ...fields(build),
        build.id,
      );
      if (changed === 0) throw new Error(`build ${build.id} is not in the store`);
    },
    appendLog: (id, text) => {
      db.run("INSERT INTO build_log_chunks (build_id, text) VALUES (?, ?)", id, text);
    },
    remove: (id) => {
      db.run("DELETE FROM builds WHERE id = ?", id);
    },
  };
}

function fields(build: Build): (string | number | null)[] {
  return [
    build.appId,
    build.commit,
    build.status,
    build.builder ?? null,
    build.image ?? null,
    build.startedAt,
    build.finishedAt ?? null,
  ];
}

function toBuild(row: BuildRow): Build {
  return {
    id: row.id,
    appId: row.app_id,
    commit: row.commit_id,
    status: row.status as BuildStatus,
    builder: row.builder ?? undefined,
    image: row.image ?? undefined,
    startedAt: row.started_at,
    finishedAt: row.finished_at ?? undefined,
  };
}
