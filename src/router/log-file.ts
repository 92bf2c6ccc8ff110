import { writeSync } from "node:fs";
import { type FileHandle, open, rename, stat } from "node:fs/promises";

const flushAfterMs = 200;
const flushAtBytes = 64 * 1024;
const rotateAtBytes = 64 * 1024 * 1024;
const bufferLimitBytes = 4 * 1024 * 1024;

/** Lines of text, written in batches. Nothing waits for it: a disk that does not keep up costs log lines, not requests. */
export interface LineSink {
  write(line: string): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

/** To a file that several processes append to. At 64 MB it becomes `PATH.1`, and a new one begins. */
export function fileSink(path: string, onError: (error: unknown) => void, rotateAt = rotateAtBytes): LineSink {
  return new BatchedSink(new RotatedFile(path, rotateAt), onError);
}

export function stdoutSink(onError: (error: unknown) => void): LineSink {
  return new BatchedSink({ append: async (text) => void writeSync(1, text), close: () => Promise.resolve() }, onError);
}

/** At once and without a buffer: few lines, and the last one before a crash counts. */
export function stderrSink(): LineSink {
  return { write: (line) => void writeSync(2, `${line}\n`), close: () => Promise.resolve() };
}

interface Destination {
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

class BatchedSink implements LineSink {
  readonly #destination: Destination;
  readonly #onError: (error: unknown) => void;
  #lines: string[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(destination: Destination, onError: (error: unknown) => void) {
    this.#destination = destination;
    this.#onError = onError;
  }

  write(line: string): void {
    if (this.#size > bufferLimitBytes) return;
    this.#lines.push(line);
    this.#size += line.length + 1;
    if (this.#size >= flushAtBytes) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), flushAfterMs);
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#flush();
    await this.#writing;
    await this.#destination.close();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#busy || this.#lines.length === 0) return;
    this.#busy = true;
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    this.#size = 0;
    this.#writing = this.#destination
      .append(text)
      .catch(this.#onError)
      .finally(() => {
        this.#busy = false;
        if (this.#lines.length > 0) this.#timer ??= setTimeout(() => this.#flush(), flushAfterMs);
      });
  }
}

class RotatedFile implements Destination {
  readonly #path: string;
  readonly #rotateAt: number;
  #file: FileHandle | undefined;
  #inode = 0;

  constructor(path: string, rotateAt: number) {
    this.#path = path;
    this.#rotateAt = rotateAt;
  }

  async append(text: string): Promise<void> {
    const file = await this.#current();
    await file.write(text);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Another process may have rotated it in the meantime. */
  async #current(): Promise<FileHandle> {
    const found = await stat(this.#path).catch(() => undefined);
    if (found !== undefined && found.size >= this.#rotateAt) {
      await rename(this.#path, `${this.#path}.1`);
    } else if (this.#file !== undefined && found?.ino === this.#inode) {
      return this.#file;
    }
    await this.close();
    this.#file = await open(this.#path, "a", 0o640);
    this.#inode = (await this.#file.stat()).ino;
    return this.#file;
  }
}
