import type { Stream } from "node:stream";
import type { Labels } from "./engine.ts";

/** An error of a stream reaches who reads or writes it; the listener only keeps an idle one from ending the process. */
export function handled<T extends Stream | NodeJS.ReadWriteStream>(stream: T): T {
  stream.on("error", () => {});
  return stream;
}

/** As the engine's `filters` have it. */
export function labelFilter(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}

/** As dockerode takes a signal that there may be. */
export function endedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
