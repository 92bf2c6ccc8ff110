import type { Socket } from "node:net";
import { Writable } from "node:stream";
import type { ServerChannel } from "ssh2";
import { Mutex } from "../lib/mutex.ts";

/** Where ssh2 keeps what still waits for the client's window (lib/Channel.js). */
interface Unsent {
  _chunk: Buffer | undefined;
  _chunkcb: unknown;
  _chunkErr: Buffer | undefined;
  _chunkcbErr: unknown;
}

const smallestPacket = 1024;
const largestPacket = 32_768;

/**
 * The two ways out of a channel. One write at a time, over both: ssh2 keeps one place for what waits for the client's
 * window, and mixes the two up when both wait. A write is done when client and socket took it, so memory stays bounded.
 */
export class ChannelOutput {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly #channel: ServerChannel;
  readonly #socket: Socket;
  readonly #turns = new Mutex();
  readonly #gone: Promise<void>;
  #isGone = false;
  #setGone: () => void = () => undefined;

  constructor(channel: ServerChannel, socket: Socket, options: { isTerminal: () => boolean }) {
    this.#channel = channel;
    this.#socket = socket;
    this.#gone = new Promise((resolve) => {
      this.#setGone = resolve;
    });
    limitPackets(channel);
    this.stdout = this.#writable(channel, options.isTerminal);
    this.stderr = this.#writable(channel.stderr, options.isTerminal);
  }

  /** The client took the channel away: what is still written goes nowhere. */
  close(): void {
    this.#isGone = true;
    this.#setGone();
  }

  /** Sends what was written, then the exit code, then the end. */
  async finish(code: number): Promise<void> {
    await Promise.all([this.#flush(this.stdout), this.#flush(this.stderr)]);
    if (this.#isGone) return;
    this.#channel.exit(code);
    const ended = new Promise<void>((resolve) => {
      this.#channel.end(() => resolve());
    });
    await Promise.race([ended, this.#gone]);
  }

  #flush(stream: Writable): Promise<void> {
    if (stream.destroyed || stream.writableFinished) return Promise.resolve();
    return new Promise((resolve) => {
      stream.once("close", resolve);
      if (!stream.writableEnded) stream.end();
    });
  }

  #writable(target: Writable, isTerminal: () => boolean): Writable {
    const returns = new CarriageReturns();
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        const bytes = isTerminal() ? returns.add(chunk) : chunk;
        this.#turns.run(() => this.#send(target, bytes)).then(() => done(), done);
      },
    });
    // Its writers see their own failures; without a listener an error would end the process.
    stream.on("error", () => undefined);
    return stream;
  }

  async #send(target: Writable, bytes: Buffer): Promise<void> {
    if (this.#isGone || bytes.length === 0) return;
    const sent = new Promise<void>((resolve) => {
      target.write(bytes, () => resolve());
    });
    await Promise.race([sent, this.#gone]);
    this.#forgetSent();
    if (this.#socket.writableNeedDrain) await Promise.race([drained(this.#socket), this.#gone]);
  }

  /** ssh2 does not clear these, and would send the chunk again when the other stream waits for the window. */
  #forgetSent(): void {
    const unsent = this.#channel as unknown as Unsent;
    unsent._chunk = undefined;
    unsent._chunkcb = undefined;
    unsent._chunkErr = undefined;
    unsent._chunkcbErr = undefined;
  }
}

/** A client may allow packets of no bytes at all, on which ssh2 would loop for ever, or of four gigabytes. */
function limitPackets(channel: ServerChannel): void {
  const { outgoing } = channel as unknown as { outgoing: { packetSize: number } };
  outgoing.packetSize = Math.max(smallestPacket, Math.min(outgoing.packetSize, largestPacket));
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off("drain", settle);
      socket.off("close", settle);
      resolve();
    };
    socket.on("drain", settle);
    socket.on("close", settle);
  });
}

/** Puts the carriage return before a line end that a terminal in raw mode needs. */
class CarriageReturns {
  #afterReturn = false;

  add(chunk: Buffer): Buffer {
    if (!chunk.includes(0x0a)) {
      if (chunk.length > 0) this.#afterReturn = chunk.at(-1) === 0x0d;
      return chunk;
    }
    const bytes: number[] = [];
    for (const byte of chunk) {
      if (byte === 0x0a && !this.#afterReturn) bytes.push(0x0d);
      bytes.push(byte);
      this.#afterReturn = byte === 0x0d;
    }
    return Buffer.from(bytes);
  }
}
