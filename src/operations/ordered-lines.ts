import type { Channel } from "../lib/channel.ts";
import type { DynoLogLine } from "./operations.ts";

/** Holds young lines back until what was written at the same time has come from everywhere, and sorts them by time. */
export class OrderedLines {
  readonly #to: Channel<DynoLogLine>;
  readonly #lateMs: number;
  readonly #held: DynoLogLine[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(to: Channel<DynoLogLine>, lateMs: number) {
    this.#to = to;
    this.#lateMs = lateMs;
  }

  /** Lines that nobody has read yet. */
  get length(): number {
    return this.#held.length + this.#to.length;
  }

  push(line: DynoLogLine): void {
    if (this.#lateMs === 0) {
      this.#to.push(line);
      return;
    }
    let at = this.#held.length;
    while (at > 0 && (this.#held[at - 1]?.time ?? "") > line.time) at--;
    this.#held.splice(at, 0, line);
    this.#release();
  }

  #release(): void {
    const old = new Date(Date.now() - this.#lateMs).toISOString();
    const young = this.#held.findIndex((line) => line.time > old);
    for (const line of this.#held.splice(0, young === -1 ? this.#held.length : young)) this.#to.push(line);
    if (this.#held.length === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#release();
    }, 50);
  }
}
