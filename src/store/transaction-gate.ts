export type TransactionMode = "read" | "write";

/** Keeps the rules of the Store interface that do not depend on where the state is. */
export class TransactionGate {
  #mode: TransactionMode | undefined;
  #closed = false;

  /** Runs the work as the only transaction. */
  run<T>(mode: TransactionMode, work: () => T): T {
    if (this.#closed) throw new Error(`store is closed: no ${mode} is possible`);
    if (this.#mode !== undefined) throw new Error(`a ${mode} was begun inside a running ${this.#mode} of the store`);
    this.#mode = mode;
    try {
      return work();
    } finally {
      this.#mode = undefined;
    }
  }

  /** Throws where no transaction runs that allows this: a view was kept beyond its transaction. */
  require(mode: TransactionMode): void {
    if (this.#mode === mode || this.#mode === "write") return;
    throw new Error(`the store was used for a ${mode} outside of a ${mode} transaction`);
  }

  /** True the first time. */
  close(): boolean {
    if (this.#mode !== undefined) throw new Error(`the store was closed inside a running ${this.#mode}`);
    const first = !this.#closed;
    this.#closed = true;
    return first;
  }
}

/** Passes a result of transaction work on, unless it is a promise: its work would go on after the transaction's end. */
export function synchronous<T>(result: T): T {
  if (!isThenable(result)) return result;
  // The caller gets the error below; a rejection of its own would only end the process on top.
  result.then(undefined, () => undefined);
  throw new Error("transaction work returned a promise: it must be synchronous");
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
