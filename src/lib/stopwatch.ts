/** How long each step of a procedure took, in milliseconds. */
export class Stopwatch {
  readonly laps: Record<string, number> = {};
  #last = performance.now();

  /** Ends the step that began with the one before. */
  lap(name: string): void {
    const now = performance.now();
    this.laps[name] = Math.round(now - this.#last);
    this.#last = now;
  }
}
