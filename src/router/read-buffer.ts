const size = 64 * 1024;
// A piece that fills less is copied out of the buffer, and the buffer is used again.
const handOverFrom = size / 2;
// So many that came back wait for the next use. New ones are dear: their pages are new too, and what they add up to sets off
// a collection of the whole heap.
const freeLimit = 32;
const free: Buffer[] = [];

/** For all reads whose bytes are done with, or copied, before the next one: one for all connections of the process. */
const shared = Buffer.allocUnsafeSlow(size);

/** The piece is done with, and its memory may be used again; after an error it is not certain who still has it. */
export type Release = (error?: Error | null) => void;

/**
 * Where a connection reads into. Small answers are read into one buffer that all connections share, so that they cost no
 * memory; in a large one, each read gets a buffer of its own that goes on to the client without being copied.
 */
export class ReadBuffer {
  #own: Buffer | undefined;
  #large = false;

  /** For the next read. */
  readonly next = (): Buffer => {
    if (!this.#large) return shared;
    this.#own ??= free.pop() ?? Buffer.allocUnsafeSlow(size);
    return this.#own;
  };

  /** Whether large amounts are about to come. */
  expectLarge(large: boolean): void {
    this.#large = large;
    if (large || this.#own === undefined) return;
    giveBack(this.#own);
    this.#own = undefined;
  }

  /** Passes a piece of what was just read on, to keep. */
  take(buffer: Buffer, from: number, to: number, receive: (piece: Buffer, release: Release | undefined) => void): void {
    if (buffer === this.#own && to - from >= handOverFrom) {
      this.#own = undefined;
      receive(buffer.subarray(from, to), (error) => (error ? undefined : giveBack(buffer)));
      return;
    }
    const copy = Buffer.allocUnsafe(to - from);
    buffer.copy(copy, 0, from, to);
    receive(copy, undefined);
  }
}

function giveBack(buffer: Buffer): void {
  if (free.length < freeLimit) free.push(buffer);
}
