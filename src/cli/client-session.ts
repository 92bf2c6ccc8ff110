import type { Socket } from "node:net";
import { isatty } from "node:tty";
import { callerEnvironment } from "../config/environment.ts";
import { InputPump } from "./input-pump.ts";
import { FrameReader, frame, fromClient, fromServer, type Hello, protocolVersion, type Size } from "./protocol.ts";

/** 128 + signal number, as shells have it. */
const killed = { SIGINT: 130, SIGHUP: 129, SIGTERM: 143, SIGPIPE: 141 } as const;

/** One command from the caller's side: this process's own streams and signals, and the daemon at the other end. */
export class ClientSession {
  readonly #socket: Socket;
  readonly #end = Promise.withResolvers<number>();
  readonly #input = new InputPump((type, payload) => this.#send(type, payload));
  /** Those of our outputs that take no more for now. */
  readonly #full = new Set<NodeJS.WriteStream>();
  #finishing = false;
  #interrupted = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Exit code. */
  async run(words: readonly string[]): Promise<number> {
    const size = terminalSize();
    const terminal = size && { name: callerEnvironment().terminalName, ...size };
    const hello: Hello = { protocol: protocolVersion, words, terminal };
    this.#listen(terminal !== undefined);
    this.#send(fromClient.hello, JSON.stringify(hello));
    const code = await this.#end.promise;
    this.#input.setRaw(false);
    return code;
  }

  #listen(hasTerminal: boolean): void {
    const frames = new FrameReader((type, payload) => this.#take(type, payload));
    this.#socket.on("data", (piece: Buffer) => frames.push(piece));
    this.#socket.on("error", () => undefined /* 'close' follows */);
    this.#socket.on("close", () => this.#lose());
    process.on("SIGINT", () => this.#interrupt());
    // Caught for the sake of the terminal, which must not stay raw.
    process.on("SIGTERM", () => this.#end.resolve(killed.SIGTERM));
    process.on("SIGHUP", () => this.#end.resolve(killed.SIGHUP));
    // Whoever read our output has gone (`berth logs | head`): there is nobody to tell.
    for (const stream of [process.stdout, process.stderr]) {
      stream.on("error", () => this.#end.resolve(killed.SIGPIPE));
    }
    if (hasTerminal) {
      process.stdout.on("resize", () => this.#send(fromClient.resize, JSON.stringify(terminalSize())));
    }
  }

  #take(type: number, payload: Buffer): void {
    if (type === fromServer.output) this.#show(process.stdout, payload);
    else if (type === fromServer.errors) this.#show(process.stderr, payload);
    else if (type === fromServer.wantInput) this.#input.want();
    else if (type === fromServer.raw) this.#input.setRaw(true);
    else if (type === fromServer.cooked) this.#input.setRaw(false);
    else if (type === fromServer.wantFile) void this.#sendFile(payload.toString("utf8"));
    else if (type === fromServer.exit) void this.#finish(payload[0] ?? 1);
  }

  #send(type: number, payload?: Uint8Array | string): void {
    if (this.#socket.writable) this.#socket.write(frame(type, payload));
  }

  #show(stream: NodeJS.WriteStream, data: Buffer): void {
    if (stream.write(data) || this.#full.has(stream)) return;
    this.#full.add(stream);
    this.#socket.pause();
    stream.once("drain", () => {
      this.#full.delete(stream);
      if (this.#full.size === 0) this.#socket.resume();
    });
  }

  async #sendFile(path: string): Promise<void> {
    const { answerFile } = await import("./local-file.ts");
    await answerFile(path, (type, payload) => this.#send(type, payload));
  }

  /** The first asks the command to stop, the second does not wait for it. */
  #interrupt(): void {
    if (this.#interrupted) this.#end.resolve(killed.SIGINT);
    this.#interrupted = true;
    this.#send(fromClient.interrupt);
  }

  /** Ends once our reader has taken everything. */
  async #finish(code: number): Promise<void> {
    this.#finishing = true;
    const outputs = [process.stdout, process.stderr];
    await Promise.all(outputs.map((stream) => new Promise((resolve) => stream.write("", resolve))));
    this.#end.resolve(code);
  }

  #lose(): void {
    if (this.#finishing) return;
    this.#input.setRaw(false);
    process.stderr.write(" !     The connection to Berth was lost: it was stopped, or has crashed\n");
    this.#end.resolve(1);
  }
}

/** Only where a person sits in front of it: then a program gets a terminal of its own. */
function terminalSize(): Size | undefined {
  if (!isatty(0) || !isatty(1)) return undefined;
  return { columns: process.stdout.columns, rows: process.stdout.rows };
}
