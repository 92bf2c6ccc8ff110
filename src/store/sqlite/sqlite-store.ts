import type { DatabaseSync } from "node:sqlite";
import type { Stamp } from "../../model/stamp.ts";
import type { Store } from "../store.ts";
import { synchronous, TransactionGate } from "../transaction-gate.ts";
import { Connection } from "./connection.ts";
import { migrations } from "./migrations.ts";
import { openDatabase } from "./open-database.ts";
import { translateStatementError } from "./sqlite-errors.ts";
import { advanceGeneration } from "./tables/lineage.ts";
import { createChanges, createView } from "./tables.ts";

/**
 * Makes the file (mode 0600) where there is none, and brings its schema up to date. Its folder must be there.
 * `onCommit` is told the generation of each write, once it is durable.
 * Throws UserError: `store-damaged`, `store-too-new`, `store-foreign`, `store-busy`, `store-unusable`.
 */
export function openSqliteStore(path: string, onCommit: (stamp: Stamp) => void = () => undefined): Store {
  const database = openDatabase(path, migrations);
  const gate = new TransactionGate();
  const connection = new Connection(database, gate);
  const view = createView(connection);
  const changes = createChanges(connection);
  return {
    read: (work) => gate.run("read", () => transaction(database, "BEGIN DEFERRED", () => work(view))),
    // Immediate: it waits for the lock here, once. Deferred, its first change fails at once if another process wrote since.
    write: (work) =>
      gate.run("write", () => {
        const { result, stamp } = transaction(database, "BEGIN IMMEDIATE", () => {
          advanceGeneration(connection);
          return { result: synchronous(work(changes)), stamp: changes.lineage.own() };
        });
        onCommit(stamp);
        return result;
      }),
    close: () => {
      if (gate.close()) database.close();
    },
  };
}

function transaction<T>(database: DatabaseSync, begin: string, work: () => T): T {
  database.exec(begin);
  try {
    const result = synchronous(work());
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk and some other errors have rolled it back already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw translateStatementError(error);
  }
}
