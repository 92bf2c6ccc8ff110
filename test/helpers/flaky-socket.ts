import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { handled } from "../../src/docker/wire.ts";

/** A unix socket in front of another one that can be cut and mended, or hang: an engine that restarts, or is stuck. */
export class FlakySocket {
  readonly path: string;
  readonly #target: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #hangs = false;

  constructor(path: string, target: string) {
    this.path = path;
    this.#target = target;
  }

  async mend(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      // As the engine does: the input of a container ends before its output.
      const target = connect({ path: this.#target, allowHalfOpen: true });
      for (const socket of [client, target]) {
        this.#sockets.add(handled(socket));
        socket.once("close", () => this.#sockets.delete(socket));
      }
      if (!this.#hangs) client.pipe(target).pipe(client);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.path, resolve));
  }

  /** Takes connections and calls, and answers none. */
  hang(): void {
    this.#hangs = true;
    for (const socket of this.#sockets) socket.unpipe();
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await rm(this.path, { force: true });
  }
}
