import type { DatabaseSync } from "node:sqlite";
import { UserError } from "../../model/errors.ts";

/** "Brth", in the header of the file: tells our database from anyone else's. */
const applicationId = 0x42727468;

/** Brings the schema to its last version, each step wholly or not at all. Throws `store-too-new`, `store-foreign`. */
export function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  const version = checkVersion(database, path, migrations.length);
  // A step that rebuilds a table drops the old one, and with the checks on that empties every table that refers to it.
  database.exec("PRAGMA foreign_keys = OFF");
  for (const [index, sql] of migrations.entries()) {
    if (index >= version) apply(database, index + 1, sql);
  }
  database.exec("PRAGMA foreign_keys = ON");
}

function checkVersion(database: DatabaseSync, path: string, known: number): number {
  const version = pragma(database, "user_version");
  const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.count;
  if (tables === 0 && version === 0) return 0;
  if (pragma(database, "application_id") !== applicationId) {
    throw new UserError("store-foreign", `${path} is a database, but not one of Berth`, {
      hint: "Move it away, or use another root directory",
    });
  }
  if (version > known) {
    throw new UserError("store-too-new", `${path} has schema version ${version}, this Berth knows ${known} at most`, {
      hint: "A newer Berth has been here: install that version again, or restore a backup from before it",
    });
  }
  return version;
}

function apply(database: DatabaseSync, version: number, sql: string): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    database.exec(sql);
    const broken = database.prepare("PRAGMA foreign_key_check").get();
    if (broken !== undefined) throw new Error(`migration ${version} breaks references of table ${broken.table}`);
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec(`PRAGMA user_version = ${version}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function pragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
