import type { Writable } from "node:stream";

/**
 * Writes and waits until the other side takes more: what reads from a fast source must not pile it up in memory.
 * False once nothing can be written any more. The stream's owner handles its errors.
 */
export async function writeFully(stream: Writable, data: Uint8Array | string): Promise<boolean> {
  if (!isOpen(stream)) return false;
  if (stream.write(data)) return true;
  return await new Promise((resolve) => {
    const settle = (): void => {
      stream.off("drain", settle);
      stream.off("close", settle);
      stream.off("error", settle);
      resolve(isOpen(stream));
    };
    stream.on("drain", settle);
    stream.on("close", settle);
    stream.on("error", settle);
  });
}

function isOpen(stream: Writable): boolean {
  return stream.writable && !stream.destroyed;
}
