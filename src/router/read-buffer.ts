const size = 64 * 1024;
// A piece that fills less is copied out of the buffer, and the buffer is used again.
const handOverFrom = size / 2;

/** For all reads whose bytes are done with, or copied, before the next one: one for all connections of the process. */
const shared = Buffer.allocUnsafeSlow(size);

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
    this.#own ??= Buffer.allocUnsafeSlow(size);
    return this.#own;
  };

  /** Whether large amounts are about to come. */
  expectLarge(large: boolean): void {
    this.#large = large;
    if (!large) this.#own = undefined;
  }

  /** A piece of what was just read, to keep. */
  take(buffer: Buffer, from: number, to: number): Buffer {
    if (buffer === this.#own && to - from >= handOverFrom) {
      this.#own = undefined;
      return buffer.subarray(from, to);
    }
    const copy = Buffer.allocUnsafe(to - from);
    buffer.copy(copy, 0, from, to);
    return copy;
  }
}
