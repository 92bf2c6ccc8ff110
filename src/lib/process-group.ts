import type { ChildProcess } from "node:child_process";

/** A child that was spawned `detached`, with everything that it started. */
export class ProcessGroup {
  readonly #leader: ChildProcess;
  readonly #killAfterMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(leader: ChildProcess, killAfterMs: number) {
    this.#leader = leader;
    this.#killAfterMs = killAfterMs;
  }

  /** SIGTERM, and SIGKILL after the time. Again does nothing. */
  end(): void {
    if (this.#timer !== undefined) return;
    this.#kill("SIGTERM");
    this.#timer = setTimeout(() => {
      this.#kill("SIGKILL");
      // One that has left the group may hold the other ends: without this the leader's `close` would wait for it.
      this.#leader.stdout?.destroy();
      this.#leader.stderr?.destroy();
    }, this.#killAfterMs);
  }

  /** To be called once the leader has ended. */
  release(): void {
    clearTimeout(this.#timer);
  }

  #kill(signal: NodeJS.Signals): void {
    if (this.#leader.pid === undefined) return;
    try {
      process.kill(-this.#leader.pid, signal);
    } catch (error) {
      const gone = error instanceof Error && "code" in error && error.code === "ESRCH";
      if (!gone) this.#leader.emit("error", error);
    }
  }
}
