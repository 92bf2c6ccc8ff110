import { setTimeout as timeout } from "node:timers/promises";

/** Resolves after the time (milliseconds), or throws the signal's reason as soon as it aborts. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await timeout(ms, undefined, signal && { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
