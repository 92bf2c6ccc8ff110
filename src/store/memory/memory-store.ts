import type { Store } from "../store.ts";
import { synchronous, TransactionGate } from "../transaction-gate.ts";
import { createChanges } from "./changes.ts";
import { copyState, emptyState, type State } from "./state.ts";
import { createView } from "./view.ts";

/** For tests: keeps to the contract, and nothing longer than the process. */
export function createMemoryStore(): Store {
  const gate = new TransactionGate();
  let committed = emptyState();
  let draft: State | undefined;

  const view = createView(() => {
    gate.require("read");
    return draft ?? committed;
  });
  const changes = createChanges(() => {
    gate.require("write");
    return draft ?? committed;
  });

  return {
    read: (work) => gate.run("read", () => synchronous(work(view))),
    write: (work) =>
      gate.run("write", () => {
        draft = copyState(committed);
        const [own = ["", 0]] = draft.lineage;
        draft.lineage.set(own[0], own[1] + 1);
        try {
          const result = synchronous(work(changes));
          committed = draft;
          return result;
        } finally {
          draft = undefined;
        }
      }),
    close: () => void gate.close(),
  };
}
