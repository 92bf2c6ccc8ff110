import { closeSync, fchmodSync, openSync, renameSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "./migrate.ts";
import { damaged, translateOpenError, unusable } from "./sqlite-errors.ts";

/** How long a statement waits for another process, such as a backup, to let go of the file. */
const busyTimeoutMs = 5_000;

/** Throws `store-damaged`, `store-too-new`, `store-foreign`, `store-busy` and `store-unusable`. */
export function openDatabase(path: string, migrations: readonly string[]): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    keepLog(path);
    makePrivate(path);
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    checkIntegrity(database, path);
    useWriteAheadLog(database, path);
    // FULL syncs the log at each commit. NORMAL would lose the last commits with the power: a version would be given to a
    // second release, a config var that was reported as set would be gone. A deploy commits so rarely that it costs nothing.
    database.exec("PRAGMA synchronous = FULL");
    migrate(database, path, migrations);
    return database;
  } catch (error) {
    database?.close();
    throw translateOpenError(error, path);
  }
}

/**
 * SQLite throws away the log of a database that is missing or empty. It may have all that was ever written, and is kept beside
 * the new one.
 */
function keepLog(path: string): void {
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeOf(path) === 0 && sizeOf(`${path}-wal`) > 0) renameSync(`${path}-wal`, `${path}-wal.kept-${Date.now()}`);
}

/** Readers, such as a backup, and the daemon's writes then do not wait for each other. */
function useWriteAheadLog(database: DatabaseSync, path: string): void {
  const mode = database.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode;
  // SQLite answers with the old mode, and no error, where memory cannot be shared.
  if (mode !== "wal") throw unusable(path, `its file system does not carry a write-ahead log (mode ${mode})`);
}

/** Config vars are secrets. SQLite gives the -wal and -shm files the mode of this one. */
function makePrivate(path: string): void {
  const file = openSync(path, "a", 0o600);
  try {
    fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

/** Damage in the middle would otherwise show up at some later command, as an error that names no file. */
function checkIntegrity(database: DatabaseSync, path: string): void {
  const finding = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (finding !== "ok") throw damaged(path, String(finding).replaceAll("\n", " "));
}
