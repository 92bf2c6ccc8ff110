import type { Readable } from "node:stream";

const block = 512;

/** Several tar archives as one: each without its end, and one end for all. */
export async function* joinTars(archives: Iterable<() => Readable>): AsyncGenerator<Buffer> {
  for (const open of archives) yield* withoutEnd(open());
  yield Buffer.alloc(2 * block);
}

/** Passes on entries up to the block of zeros that ends them. */
async function* withoutEnd(archive: Readable): AsyncGenerator<Buffer> {
  let header = Buffer.alloc(0);
  let content = 0;
  let ended = false;
  for await (const chunk of archive as AsyncIterable<Buffer>) {
    let rest = chunk;
    while (rest.length > 0 && !ended) {
      if (content > 0) {
        const part = rest.subarray(0, content);
        content -= part.length;
        rest = rest.subarray(part.length);
        yield part;
        continue;
      }
      const missing = block - header.length;
      header = Buffer.concat([header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (header.length < block) continue;
      ended = header.every((byte) => byte === 0);
      if (ended) continue;
      content = paddedSize(header);
      yield header;
      header = Buffer.alloc(0);
    }
  }
  if (!ended) throw new Error("The archive of a submodule ends too early");
}

function paddedSize(header: Buffer): number {
  const size = Number.parseInt(header.toString("latin1", 124, 136), 8);
  if (header.toString("latin1", 257, 262) !== "ustar" || !Number.isSafeInteger(size)) {
    throw new Error("The archive of a submodule cannot be read");
  }
  return Math.ceil(size / block) * block;
}
