import { setTimeout as sleep } from "node:timers/promises";
import type { Changes } from "../store/store.ts";
import type { Context } from "./context.ts";

const againAfterMs = 5_000;

/**
 * For what has happened already and cannot be undone: a store that has no room, mostly, does not make a failure of it, and
 * gets it as soon as it has room again.
 */
export function storeSoon(context: Context, what: string, work: (changes: Changes) => void): void {
  try {
    context.store.write(work);
  } catch (error) {
    context.logger.error({ err: error, what }, "cannot be stored yet");
    context.background.run(`store the ${what}`, () => storeOnceThereIsRoom(context, work));
  }
}

async function storeOnceThereIsRoom(context: Context, work: (changes: Changes) => void): Promise<void> {
  for (;;) {
    await sleep(againAfterMs, undefined, { signal: context.stopping }).catch(() => undefined);
    if (context.stopping.aborted) return;
    try {
      context.store.write(work);
      return;
    } catch (error) {
      context.logger.debug({ err: error }, "still cannot be stored");
    }
  }
}
