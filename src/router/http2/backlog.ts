// Shorter pieces are copied together: each would keep the memory of all that was read with it, and an object of its own.
const copyBelow = 8 * 1024;
const gatheredSize = 2 * copyBelow;

/** What has come of a body before it is wanted. */
export class Backlog {
  /** In bytes. */
  length = 0;
  #pieces: Buffer[] = [];
  /** A short piece that nothing has followed yet. */
  #single: Buffer | undefined;
  #gathered: Buffer | undefined;
  #used = 0;

  add(piece: Buffer): void {
    const isFirst = this.length === 0;
    this.length += piece.length;
    if (piece.length >= copyBelow) {
      this.#closeGathered();
      this.#pieces.push(piece);
    } else if (isFirst) this.#single = piece;
    else {
      if (this.#single !== undefined) this.#gather(this.#single);
      this.#single = undefined;
      this.#gather(piece);
    }
  }

  #gather(piece: Buffer): void {
    if (this.#used + piece.length > gatheredSize) this.#closeGathered();
    this.#gathered ??= Buffer.allocUnsafeSlow(gatheredSize);
    piece.copy(this.#gathered, this.#used);
    this.#used += piece.length;
  }

  /** The oldest. */
  take(): Buffer | undefined {
    if (this.#pieces.length === 0) this.#closeGathered();
    const piece = this.#pieces.shift();
    this.length -= piece?.length ?? 0;
    return piece;
  }

  clear(): void {
    this.length = 0;
    this.#pieces = [];
    this.#single = undefined;
    this.#gathered = undefined;
    this.#used = 0;
  }

  #closeGathered(): void {
    if (this.#single !== undefined) this.#pieces.push(this.#single);
    this.#single = undefined;
    if (this.#gathered !== undefined) this.#pieces.push(this.#gathered.subarray(0, this.#used));
    this.#gathered = undefined;
    this.#used = 0;
  }
}
