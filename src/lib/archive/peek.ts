import { Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { tooLarge } from "./archive.ts";

// A block of tar, in which its mark stands.
const headSize = 512;

/** The first bytes, and a stream that has them too and ends where it gets longer than the limit. */
export async function peek(stream: Readable, limit: number): Promise<{ head: Buffer; whole: Readable }> {
  const chunks = bounded(stream, limit);
  let head = Buffer.alloc(0);
  while (head.length < headSize) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = Readable.from(startingWith(head, chunks), { objectMode: false });
  return { head: Buffer.concat([head, Buffer.alloc(headSize)]), whole };
}

async function* bounded(stream: Readable, limit: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limit) throw tooLarge(`of ${limit} bytes`);
    yield chunk;
  }
}

async function* startingWith(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* rest;
}

/** What unpacks an archive that begins like this; undefined for one that is not packed. */
export function unpacker(head: Buffer): Transform | undefined {
  if (head.readUInt16BE(0) === 0x1f8b) return createGunzip();
  return head.readUInt32LE(0) === 0xfd2fb528 ? createZstdDecompress() : undefined;
}
