import type { Terminal, TerminalSize } from "../schedulers/scheduler.ts";

/** The terminal in which the local client runs. It is raw as long as a command listens for its size (Session.terminal). */
export class RemoteTerminal implements Terminal {
  readonly name: string;
  readonly #setRaw: (raw: boolean) => void;
  readonly #listeners = new Set<(size: TerminalSize) => void>();
  #size: TerminalSize;

  constructor({ name, columns, rows }: { name: string } & TerminalSize, setRaw: (raw: boolean) => void) {
    this.name = name;
    this.#size = sane({ columns, rows });
    this.#setRaw = setRaw;
  }

  get size(): TerminalSize {
    return this.#size;
  }

  resize(size: TerminalSize): void {
    this.#size = sane(size);
    for (const listener of this.#listeners) listener(this.#size);
  }

  onResize(listener: (size: TerminalSize) => void): () => void {
    const own = (size: TerminalSize): void => listener(size);
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#setRaw(true);
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#setRaw(false);
    };
  }
}

function sane({ columns, rows }: TerminalSize): TerminalSize {
  const within = (value: unknown, fallback: number): number =>
    typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 4096 ? value : fallback;
  return { columns: within(columns, 80), rows: within(rows, 24) };
}
