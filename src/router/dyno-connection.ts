import type { Socket } from "node:net";
import type { Target } from "../model/route.ts";
import { DynoSocket } from "./dyno-socket.ts";
import { ReadBuffer } from "./read-buffer.ts";

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

/** One connection to a dyno. Its bytes go to whoever uses it; bytes that nobody waits for close it. */
export class DynoConnection {
  readonly socket: Socket;
  readonly buffer = new ReadBuffer();
  user: ConnectionUser | undefined;
  connected = false;
  /** It has served a request before. */
  reused = false;
  /** Unix milliseconds until which it can be used again. */
  usableUntil = 0;
  /** By the pool's clock. */
  activeAt = 0;
  readonly #onClosed: (connection: DynoConnection) => void;

  constructor(target: Target, user: ConnectionUser, onClosed: (connection: DynoConnection) => void) {
    this.user = user;
    this.#onClosed = onClosed;
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

  close(): void {
    this.user = undefined;
    this.socket.destroy();
  }

  #listen(): void {
    let failure: Error | undefined;
    this.socket.on("connect", () => {
      this.connected = true;
      this.user?.onConnect();
    });
    this.socket.on("end", () => this.#gone(undefined));
    this.socket.on("error", (error) => {
      failure = error;
    });
    this.socket.on("close", () => {
      this.#onClosed(this);
      this.#gone(failure);
    });
  }

  #gone(error: Error | undefined): void {
    const user = this.user;
    this.close();
    user?.onGone(error);
  }

  #onRead(count: number, buffer: Uint8Array): boolean {
    if (this.user === undefined) this.socket.destroy();
    else this.user.onBytes(buffer as Buffer, count);
    return true;
  }
}
