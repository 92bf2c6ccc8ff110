import { once } from "node:events";
import { parseDuration } from "../lib/duration.ts";
import type { Context } from "./context.ts";
import { textProperty } from "./properties.ts";

// What a WebSocket takes to end.
const endingMs = 1_000;

/** How long open WebSockets go on while new requests are served by new dynos; undefined for as long as requests. */
export function websocketGrace(context: Context, appId: string): number | undefined {
  return parseDuration(textProperty(context, appId, "proxy.websocket-grace"));
}

/**
 * Waits until no router worker has an open request on these dynos, or their time is up. False where the daemon is told to
 * stop in a long time of grace: it does not wait for it, the dynos go on, and the next daemon ends them.
 */
export async function drain(
  context: Context,
  ids: readonly string[],
  upgradesMs: number | undefined,
): Promise<boolean> {
  const { publisher, settings, stopping } = context;
  const { drainTimeoutMs } = settings;
  if (upgradesMs === undefined || upgradesMs + endingMs <= drainTimeoutMs) {
    await publisher.drained(ids, drainTimeoutMs, upgradesMs);
    return true;
  }
  if (stopping.aborted) return false;
  const over = new AbortController();
  const stopped = once(stopping, "abort", { signal: over.signal }).then(() => false);
  const drained = publisher.drained(ids, upgradesMs + endingMs, upgradesMs).then(() => true);
  stopped.catch(() => undefined);
  const result = await Promise.race([drained, stopped]);
  over.abort();
  return result;
}
