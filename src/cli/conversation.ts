import type { Socket } from "node:net";
import { Readable, Writable } from "node:stream";
import type { Execute } from "../commands/session.ts";
import type { Logger } from "../lib/logger.ts";
import { UserError } from "../model/errors.ts";
import { FrameReader, frame, fromClient, fromServer, type Hello, largestFrame, protocolVersion } from "./protocol.ts";
import { RemoteTerminal } from "./remote-terminal.ts";

/** One command of a local client, from its hello to its exit code. */
export class Conversation {
  /** Resolves when command and connection have ended. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #execute: Execute;
  readonly #logger: Logger;
  readonly #gone = new AbortController();
  readonly #input: Readable;
  readonly #files: PromiseWithResolvers<Buffer>[] = [];
  #terminal: RemoteTerminal | undefined;
  #command: Promise<void> | undefined;

  constructor(socket: Socket, execute: Execute, logger: Logger) {
    this.#socket = socket;
    this.#execute = execute;
    this.#logger = logger;
    this.#input = new Readable({ read: () => this.#send(fromServer.wantInput) });
    // An abort destroys it with its reason, and whoever reads it at that time has been told by the signal.
    this.#input.on("error", (error) => logger.debug({ err: error }, "command input failed"));
    const frames = new FrameReader((type, payload) => this.#take(type, payload));
    socket.on("data", (piece: Buffer) => this.#try(() => frames.push(piece)));
    socket.on("error", (error) => logger.debug({ err: error }, "command connection failed"));
    const closed = new Promise<void>((resolve) => socket.on("close", resolve));
    this.ended = closed.then(async () => {
      this.abort(new Error("The client has gone"));
      this.#input.destroy();
      for (const file of this.#files.splice(0)) file.reject(this.#gone.signal.reason);
      await this.#command;
    });
  }

  abort(reason: Error): void {
    this.#gone.abort(reason);
  }

  close(): void {
    this.#socket.destroy();
  }

  // A client that does not keep to the protocol ends its own connection, and nothing else.
  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#logger.warn({ err: error }, "command client does not speak the protocol");
      this.#socket.destroy();
    }
  }

  #take(type: number, payload: Buffer): void {
    switch (type) {
      case fromClient.hello:
        this.#command ??= this.#run(readHello(payload));
        return;
      case fromClient.input:
        if (!this.#input.destroyed) this.#input.push(payload);
        return;
      case fromClient.inputEnd:
        if (!this.#input.destroyed) this.#input.push(null);
        return;
      case fromClient.resize:
        this.#terminal?.resize(JSON.parse(payload.toString("utf8")));
        return;
      case fromClient.interrupt:
        this.abort(new Error("Interrupted"));
        return;
      case fromClient.file:
        this.#files.shift()?.resolve(payload);
        return;
      case fromClient.noFile:
        this.#files.shift()?.reject(new UserError("unreadable-file", payload.toString("utf8")));
        return;
      default:
        throw new RangeError(`unknown frame ${type}`);
    }
  }

  async #run({ protocol, words, terminal }: Hello): Promise<void> {
    const stdout = this.#outlet(fromServer.output);
    const stderr = this.#outlet(fromServer.errors);
    if (terminal !== undefined) {
      this.#terminal = new RemoteTerminal(terminal, (raw) => this.#send(raw ? fromServer.raw : fromServer.cooked));
    }
    const code =
      protocol === protocolVersion
        ? await this.#execute(words, {
            actor: "local",
            local: true,
            stdin: this.#input,
            stdout,
            stderr,
            terminal: this.#terminal,
            signal: this.#gone.signal,
            readFile: (path) => this.#readFile(path),
          })
        : refuseVersion(stderr);
    await Promise.all([flushed(stdout), flushed(stderr)]);
    this.#send(fromServer.exit, Buffer.of(code & 0xff));
    this.#socket.end();
  }

  #readFile(path: string): Promise<Buffer> {
    const file = Promise.withResolvers<Buffer>();
    if (this.#gone.signal.aborted) file.reject(this.#gone.signal.reason);
    else this.#files.push(file);
    this.#send(fromServer.wantFile, path);
    return file.promise;
  }

  #outlet(type: number): Writable {
    const outlet = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        let last = true;
        for (let start = 0; start < chunk.length; start += largestFrame) {
          last = this.#send(type, chunk.subarray(start, start + largestFrame));
        }
        // What the socket has not taken is waited for, so that a slow reader slows its command down.
        if (last || this.#socket.destroyed) done();
        else this.#onceWritable(done);
      },
    });
    outlet.on("error", (error) => this.#logger.debug({ err: error }, "command output failed"));
    return outlet;
  }

  #onceWritable(done: () => void): void {
    const settle = (): void => {
      this.#socket.off("drain", settle);
      this.#socket.off("close", settle);
      done();
    };
    this.#socket.on("drain", settle);
    this.#socket.on("close", settle);
  }

  /** False where the socket asks to wait. */
  #send(type: number, payload?: Uint8Array | string): boolean {
    return !this.#socket.writable || this.#socket.write(frame(type, payload));
  }
}

function readHello(payload: Buffer): Hello {
  const { protocol, words, terminal } = JSON.parse(payload.toString("utf8")) as Partial<Hello>;
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string"))
    throw new TypeError("hello has no words");
  return { protocol: Number(protocol), words, terminal };
}

function refuseVersion(stderr: Writable): number {
  stderr.write(" !     This berth command is of another version than the running daemon\n");
  stderr.write(" !     Restart the daemon, or use the berth command it was installed with\n");
  return 1;
}

function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.end(() => resolve()));
}
