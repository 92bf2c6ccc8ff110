import { accessLogFile } from "../model/access-log.ts";
import { fileSink, type LineSink } from "./log-file.ts";

// About 20,000 requests, and as many in the file before it.
const rotateAtBytes = 4 * 1024 * 1024;
const openLimit = 256;

interface OpenLog {
  readonly sink: LineSink;
  used: boolean;
}

/** One file an app, of which so many are open at a time. */
export class AppLogs {
  readonly #folder: string;
  readonly #rotateAt: number;
  readonly #onError: (error: unknown) => void;
  readonly #open = new Map<string | undefined, OpenLog>();
  readonly #closing = new Set<Promise<void>>();

  /**
   * Several workers write to the same files. Each sets them aside at another size, so that two do not do it at once: the
   * second would put the new file, with its few lines, in the place of the one just set aside.
   */
  constructor(folder: string, worker: number, onError: (error: unknown) => void, rotateAt = rotateAtBytes) {
    this.#folder = folder;
    this.#rotateAt = rotateAt * (1 + (worker % 8) / 16);
    this.#onError = onError;
  }

  write(app: string | undefined, line: string): void {
    const log = this.#open.get(app) ?? this.#begin(app);
    log.used = true;
    log.sink.write(line);
  }

  async close(): Promise<void> {
    for (const app of [...this.#open.keys()]) this.#end(app);
    await Promise.all(this.#closing);
  }

  #begin(app: string | undefined): OpenLog {
    if (this.#open.size >= openLimit) this.#end(this.#leastUsed());
    const log = { sink: fileSink(accessLogFile(this.#folder, app), this.#onError, this.#rotateAt), used: true };
    this.#open.set(app, log);
    return log;
  }

  /** Second chance: one that was written to since the last look goes to the end of the queue. */
  #leastUsed(): string | undefined {
    for (const [app, log] of this.#open) {
      if (!log.used) return app;
      log.used = false;
      this.#open.delete(app);
      this.#open.set(app, log);
    }
    return this.#open.keys().next().value;
  }

  #end(app: string | undefined): void {
    const closing = this.#open.get(app)?.sink.close() ?? Promise.resolve();
    this.#open.delete(app);
    this.#closing.add(closing);
    closing.catch(this.#onError).finally(() => this.#closing.delete(closing));
  }
}
