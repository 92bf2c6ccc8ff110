import { Socket } from "node:net";

const lastWordsMs = 100;

/**
 * A connection that is read to its end where it cannot be written to any more. A dyno that refuses an upload may answer and
 * close before it has read all of it: that resets the connection, and with the write that fails next, node would throw away
 * the answer that is already here.
 */
export class DynoSocket extends Socket {
  #reset = false;

  override destroy(error?: NodeJS.ErrnoException): this {
    if (this.#reset || !isReset(error)) return super.destroy(error);
    this.#reset = true;
    // Reading mostly ends at once, with the same news. The last step lets it come first where we were late ourselves.
    const timer = setTimeout(() => setImmediate(() => super.destroy(error)), lastWordsMs);
    this.once("close", () => clearTimeout(timer));
    return this;
  }
}

function isReset(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.syscall === "write" && (error.code === "EPIPE" || error.code === "ECONNRESET");
}
