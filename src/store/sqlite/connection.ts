import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { TransactionGate } from "../transaction-gate.ts";
import { translateStatementError } from "./sqlite-errors.ts";

/** Statements, prepared once each, for use inside a transaction only. */
export class Connection {
  readonly #database: DatabaseSync;
  readonly #gate: TransactionGate;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, gate: TransactionGate) {
    this.#database = database;
    this.#gate = gate;
  }

  /** `Row` is the caller's word for it, which STRICT tables make good. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    this.#gate.require("read");
    return this.#prepared(sql).all(...values) as Row[];
  }

  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    this.#gate.require("read");
    return this.#prepared(sql).get(...values) as Row | undefined;
  }

  /** Number of rows it changed. Throws StoreConflict. */
  run(sql: string, ...values: SQLInputValue[]): number {
    this.#gate.require("write");
    try {
      return Number(this.#prepared(sql).run(...values).changes);
    } catch (error) {
      throw translateStatementError(error);
    }
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
