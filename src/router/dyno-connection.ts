import { readSync } from "node:fs";
import type { Socket } from "node:net";
import type { Target } from "../model/route.ts";
import { DynoSocket } from "./dyno-socket.ts";
import { ReadBuffer } from "./read-buffer.ts";

const oneByte = Buffer.alloc(1);

/** Who uses a connection at present. */
export interface ConnectionUser {
  onConnect(): void;
  /** The bytes of `buffer` up to `end`, which are there only during the call. */
  onBytes(buffer: Buffer, end: number): void;
  /** An orderly end, or `error`. The connection is closed. */
  onGone(error: Error | undefined): void;
  /** Nothing moved for so long. */
  onSilence(ms: number): void;
}

export interface ConnectionEvents {
  /** It stands. Throws where it may not be used. */
  onConnected(socket: Socket): void;
  /** The dyno closed it while nobody used it. */
  onAbandoned(connection: DynoConnection): void;
  onClosed(connection: DynoConnection): void;
}

/** One connection to a dyno. Its bytes go to whoever uses it; bytes that nobody waits for close it. */
export class DynoConnection {
  readonly target: Target;
  readonly socket: Socket;
  readonly buffer = new ReadBuffer();
  user: ConnectionUser | undefined;
  connected = false;
  /** It has served a request before. */
  reused = false;
  /** Unix milliseconds, while nobody uses it: since when, and until when it can be used again. */
  idleSince = 0;
  usableUntil = 0;
  /** How long nobody had used it when its present user came. */
  idleMs = 0;
  /** By the pool's clock. */
  activeAt = 0;
  readonly #events: ConnectionEvents;

  constructor(target: Target, user: ConnectionUser, events: ConnectionEvents) {
    this.target = target;
    this.user = user;
    this.#events = events;
    this.socket = new DynoSocket({
      noDelay: true,
      onread: { buffer: this.buffer.next, callback: (count, buffer) => this.#onRead(count, buffer) },
    });
    this.#listen();
    this.socket.connect(target.port, target.address);
  }

  get closed(): boolean {
    return this.socket.destroyed;
  }

  /**
   * Whether nothing has arrived, an end least of all, that node has not told us yet. It asks the system, because a request
   * that is written after the dyno's end is lost.
   */
  isQuiet(): boolean {
    const fd = (this.socket as unknown as { _handle?: { fd?: number } })._handle?.fd;
    if (fd === undefined || fd < 0) return false;
    const { stackTraceLimit } = Error;
    // It is no error, and the stack is what costs most.
    Error.stackTraceLimit = 0;
    try {
      readSync(fd, oneByte);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EAGAIN";
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  close(): void {
    this.user = undefined;
    this.socket.destroy();
  }

  #listen(): void {
    let failure: Error | undefined;
    this.socket.on("connect", () => {
      try {
        this.#events.onConnected(this.socket);
      } catch (error) {
        this.socket.destroy(error as Error);
        return;
      }
      this.connected = true;
      this.user?.onConnect();
    });
    this.socket.on("end", () => this.#gone(undefined));
    this.socket.on("error", (error) => {
      failure = error;
      if (this.user === undefined) this.#events.onAbandoned(this);
    });
    this.socket.on("close", () => {
      this.#events.onClosed(this);
      this.#gone(failure);
    });
  }

  #gone(error: Error | undefined): void {
    const user = this.user;
    if (user === undefined && !this.closed) this.#events.onAbandoned(this);
    this.close();
    user?.onGone(error);
  }

  #onRead(count: number, buffer: Uint8Array): boolean {
    if (this.user === undefined) this.socket.destroy();
    else this.user.onBytes(buffer as Buffer, count);
    return true;
  }
}
