// Of an observed time: our clock and the dyno's do not start at the same moment.
const margin = 0.8;

/**
 * How long one dyno keeps idle connections, as far as it was seen. Most servers close theirs after a while without saying so,
 * and a request that is on its way then is lost.
 */
export class IdleHabit {
  #provenMs = 0;

  /** Whether a request that cannot be sent twice may go over a connection that was idle for so long. */
  isCertain(idleMs: number): boolean {
    return idleMs < this.#provenMs;
  }

  /** The dyno closed a connection after so long. */
  onClosed(idleMs: number): void {
    this.#provenMs = Math.min(this.#provenMs, Math.floor(idleMs * margin));
  }

  /** A connection was still open after so long. */
  onSurvived(idleMs: number): void {
    this.#provenMs = Math.max(this.#provenMs, Math.floor(idleMs * margin));
  }
}
