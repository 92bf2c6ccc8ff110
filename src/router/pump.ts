import type { Readable, Writable } from "node:stream";

/**
 * `pipe` that counts, and leaves ends and errors to the caller: both sides of a proxy have headers, trailers and
 * connections to take care of. Returns the undo.
 */
export function pump(source: Readable, sink: Writable, onChunk?: (bytes: number) => void): () => void {
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
