import type { Socket } from "node:net";

// What is shorter is copied, what is longer is sent as it is.
const copyLimit = 2_048;
const batchSize = 64 * 1024;
// What a client that reads nothing can make us keep.
const heldLimit = 512 * 1024;

/** Gathers what is sent on a connection during one turn of the loop: few long records of TLS instead of many short ones. */
export class Output {
  readonly #socket: Socket;
  readonly #fill: () => void;
  #text = "";
  #isScheduled = false;
  #isFilling = false;

  /** `fill` is asked for more before anything is sent. */
  constructor(socket: Socket, fill: () => void) {
    this.#socket = socket;
    this.#fill = fill;
  }

  /** In latin1. */
  text(text: string): void {
    this.#text += text;
    if (this.#text.length >= batchSize) this.#writeText();
    this.schedule();
  }

  bytes(bytes: Buffer, written: (() => void) | undefined): void {
    if (bytes.length <= copyLimit) {
      this.text(bytes.toString("latin1"));
      written?.();
      return;
    }
    this.#cork();
    this.#writeText();
    this.#socket.write(bytes, written && ((error) => (error ? undefined : written())));
  }

  /** The client takes what is sent. */
  get isWritable(): boolean {
    return !this.#socket.writableNeedDrain && this.#socket.writable;
  }

  get isFull(): boolean {
    return this.#socket.writableLength + this.#text.length > heldLimit;
  }

  schedule(): void {
    if (this.#isScheduled || this.#isFilling) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#isFilling = true;
      try {
        this.#fill();
      } finally {
        this.#isFilling = false;
        this.flush();
      }
    });
  }

  flush(): void {
    this.#writeText();
    if (this.#socket.writableCorked > 0) this.#socket.uncork();
  }

  #cork(): void {
    if (this.#socket.writableCorked === 0) this.#socket.cork();
  }

  #writeText(): void {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    if (this.#socket.writable) this.#socket.write(text, "latin1");
  }
}
