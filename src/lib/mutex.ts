/** Runs async work one after the other, in the order it was handed in. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    // The next in line waits for the end, however it comes.
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
