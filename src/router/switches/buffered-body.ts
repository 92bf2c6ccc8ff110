import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";

// What of a body is kept in memory; the whole of a longer one is in a file.
const memoryLimit = 256 * 1024;

export interface BufferOptions {
  /** For files that have no name any more as soon as they are open: none stays when the worker is killed. */
  readonly folder: string;
  /** In bytes. */
  readonly limit: number;
  /** How long the client may be silent. */
  readonly idleMs: number;
}

export type Buffered = Readable | "too-large" | "idle" | "gone";

/** Reads a request's body to its end. Whoever gets the stream destroys it. */
export function bufferBody(request: IncomingMessage, options: BufferOptions): Promise<Buffered> {
  return new BodyBuffer(request, options).run();
}

class BodyBuffer {
  readonly #request: IncomingMessage;
  readonly #options: BufferOptions;
  #chunks: Buffer[] = [];
  #size = 0;
  #file: FileHandle | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(request: IncomingMessage, options: BufferOptions) {
    this.#request = request;
    this.#options = options;
  }

  async run(): Promise<Buffered> {
    let result: Buffered | "complete" = "gone";
    try {
      result = await this.#read();
      await this.#work;
    } catch (error) {
      await this.#file?.close();
      throw error;
    }
    if (result === "complete") return this.#stream();
    await this.#file?.close();
    return result;
  }

  #read(): Promise<Exclude<Buffered, Readable> | "complete"> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      const end = (result: Exclude<Buffered, Readable> | "complete") => {
        clearTimeout(timer);
        request.off("data", onData).off("end", onEnd).off("close", onGone);
        resolve(result);
      };
      const onEnd = () => end("complete");
      const onGone = () => end("gone");
      const onData = (chunk: Buffer) => {
        timer.refresh();
        this.#size += chunk.length;
        if (this.#size > this.#options.limit) end("too-large");
        else this.#keep(chunk, reject);
      };
      const timer = setTimeout(() => end("idle"), this.#options.idleMs);
      request.on("data", onData).on("end", onEnd).on("close", onGone);
    });
  }

  /** The client is read no faster than the disk writes. */
  #keep(chunk: Buffer, onError: (error: unknown) => void): void {
    this.#chunks.push(chunk);
    if (this.#size <= memoryLimit) return;
    this.#request.pause();
    this.#work = this.#work.then(() => this.#write()).then(() => void this.#request.resume());
    this.#work.catch(onError);
  }

  async #write(): Promise<void> {
    this.#file ??= await openNameless(this.#options.folder);
    const chunks = this.#chunks;
    this.#chunks = [];
    for (const chunk of chunks) await this.#file.appendFile(chunk);
  }

  #stream(): Readable {
    if (this.#file !== undefined) return this.#file.createReadStream({ start: 0 });
    return Readable.from(this.#chunks, { objectMode: false });
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `body-${randomBytes(12).toString("hex")}`);
  const file = await open(path, "wx+", 0o600);
  await rm(path);
  return file;
}
