import type { Writable } from "node:stream";

/** Resolves when the stream takes more, when it is closed, or with the signal: a reader may never come back. */
export function drained(stream: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const events = ["drain", "close", "error"];
    const settle = (): void => {
      for (const event of events) stream.off(event, settle);
      signal.removeEventListener("abort", settle);
      resolve();
    };
    for (const event of events) stream.on(event, settle);
    signal.addEventListener("abort", settle);
    if (signal.aborted || !stream.writable) settle();
  });
}
