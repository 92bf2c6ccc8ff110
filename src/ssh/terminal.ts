import type { Terminal, TerminalSize } from "../schedulers/scheduler.ts";

/**
 * The client's terminal, which ssh has put into raw mode. As long as no command listens for its size, the door plays the
 * terminal driver (see LineDiscipline); a command that does runs a program with a pty of its own, and gets every byte.
 */
export class ClientTerminal implements Terminal {
  readonly name: string;
  readonly #listeners = new Set<(size: TerminalSize) => void>();
  #size: TerminalSize;

  constructor(name: string, columns: number, rows: number) {
    // The name becomes TERM of processes, and the name of a file for those that look it up.
    this.name = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(name) ? name : "xterm";
    this.#size = sane(columns, rows);
  }

  get size(): TerminalSize {
    return this.#size;
  }

  get raw(): boolean {
    return this.#listeners.size > 0;
  }

  onResize(listener: (size: TerminalSize) => void): () => void {
    const own = (size: TerminalSize): void => listener(size);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  resize(columns: number, rows: number): void {
    this.#size = sane(columns, rows);
    for (const listener of this.#listeners) listener(this.#size);
  }
}

/** Clients without a window say 0, and nothing keeps them from saying four billion. */
function sane(columns: number, rows: number): TerminalSize {
  const within = (value: number, fallback: number): number => (value > 0 ? Math.min(value, 4096) : fallback);
  return { columns: within(columns, 80), rows: within(rows, 24) };
}
