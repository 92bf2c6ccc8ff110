import type { Readable } from "node:stream";

/** The part of a Writable that counts here. */
export interface Sink {
  write(chunk: Buffer): boolean;
  on(event: "drain", listener: () => void): unknown;
  off(event: "drain", listener: () => void): unknown;
}

/**
 * `pipe` that counts, and leaves ends and errors to the caller: both sides of a proxy have headers, trailers and
 * connections to take care of. Returns the undo.
 */
export function pump(source: Readable, sink: Sink, onChunk?: (bytes: number) => void): () => void {
  const onData = (chunk: Buffer) => {
    onChunk?.(chunk.length);
    if (!sink.write(chunk)) source.pause();
  };
  const onDrain = () => source.resume();
  source.on("data", onData);
  sink.on("drain", onDrain);
  return () => {
    source.off("data", onData);
    sink.off("drain", onDrain);
  };
}
