import { once } from "node:events";
import { chmod, mkdir, rename, rm, stat } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import type { Kept } from "./kept.ts";

/** sun_path of unix(7), less its final zero and less the suffix below. */
export const longestSocketPath = 107 - ".new".length;

export interface SocketFileOptions {
  readonly path: string;
  readonly onConnection: (socket: Socket) => void;
  readonly onError: (error: Error) => void;
}

/** A unix socket that only its owner and root can open, and that is there again when its file was removed. */
export class SocketFile implements Kept {
  readonly #options: SocketFileOptions;
  #server: Server | undefined;
  #inode = 0;
  #closed = false;

  constructor(options: SocketFileOptions) {
    this.#options = options;
  }

  /** In the place of whatever has the name. Also after `close`. */
  async open(): Promise<void> {
    this.#closed = false;
    await this.#listen();
  }

  async #listen(): Promise<void> {
    const { path, onConnection, onError } = this.#options;
    const server = createServer(onConnection);
    // Bound under another name until nobody else can connect: between bind and chmod the umask decides who may.
    const unready = `${path}.new`;
    await rm(unready, { force: true });
    server.listen(unready);
    await once(server, "listening");
    server.on("error", onError);
    await chmod(unready, 0o600);
    await rename(unready, path);
    this.#inode = (await stat(path)).ino;
    this.#server = server;
  }

  async check(): Promise<string | undefined> {
    if (this.#server === undefined) return undefined;
    if (this.#closed) return undefined;
    const found = await stat(this.#options.path).catch(() => undefined);
    if (found === undefined) return "is missing";
    return found.ino === this.#inode ? undefined : "was replaced";
  }

  /** Connections go on. */
  async make(): Promise<void> {
    if (this.#closed) return;
    this.#server?.close();
    await mkdir(dirname(this.#options.path), { recursive: true });
    await this.#listen();
    if (this.#closed) await this.#end();
  }

  /** No more connections, and no file. Those that are open go on. */
  async close(): Promise<void> {
    if (this.#closed || this.#server === undefined) return;
    this.#closed = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#server?.close();
    // A name that is left on a read-only disk refuses connections until the next start replaces it.
    await rm(this.#options.path, { force: true }).catch(() => undefined);
  }
}
