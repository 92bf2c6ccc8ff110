import { Server, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";

const quietTurnMs = 0.05;
const quietWaitMs = 2_000;

export interface Address {
  readonly port: number;
  /** All addresses, IPv6 too, where undefined. */
  readonly host: string | undefined;
}

/** A listening socket that several processes share, and that can be given up without a refused connection. */
export class Listening {
  readonly #server: Server;
  #accepted = 0;

  /** `onAccepted` gets each connection after the server had it. */
  constructor(server: Server, onAccepted: (socket: Socket) => void) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#accepted++;
      onAccepted(socket);
    });
  }

  /** Rejects with the system's error where the port is taken. `onError` gets what goes wrong later. */
  start({ port, host }: Address, onError: (error: Error) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port, host, reusePort: true, backlog: 4096 }, () => {
        this.#server.off("error", reject);
        // The connections that are open go on.
        this.#server.on("error", onError);
        resolve();
      });
    });
  }

  /** `onDeaf`: no connection comes in any more. Resolves when the last one that did has ended. */
  async stop(onDeaf: () => void): Promise<void> {
    if (this.#server.listening) await this.#untilNoneWaits();
    // Not http's own close: it would cut idle connections, on which a request may just be arriving.
    const ended = new Promise<void>((resolve) => Server.prototype.close.call(this.#server, () => resolve()));
    onDeaf();
    await ended;
  }

  /**
   * Closing a listening socket resets the connections that wait in its queue, unless the kernel's `tcp_migrate_req` gives
   * them to another worker. node accepts one in each turn of its loop: after a turn without any, and so short that hardly
   * one can have come since, the queue is empty. Where all turns are long, one without any must do.
   */
  async #untilNoneWaits(): Promise<void> {
    const start = performance.now();
    for (let now = start; now - start < 2 * quietWaitMs; ) {
      const [began, accepted] = [now, this.#accepted];
      await setImmediate();
      now = performance.now();
      if (this.#accepted === accepted && (now - began < quietTurnMs || now - start > quietWaitMs)) return;
    }
  }
}
