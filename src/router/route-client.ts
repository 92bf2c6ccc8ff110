import { connect, type Socket } from "node:net";
import { Channel } from "../lib/channel.ts";
import { readJsonLines, writeJsonLine } from "../lib/json-lines.ts";
import type { DaemonMessage, RouteChange, RouteSource, RouteTable, WorkerMessage } from "../model/route.ts";

export interface DaemonCommands {
  onDrain(target: string, upgradesMs: number | undefined): void;
  onRetire(graceMs: number): void;
  onReport(id: number, all: boolean): void;
}

/** One connection to the daemon's routes socket. Every promise of it rejects when the connection ends. */
export class RouteClient implements RouteSource {
  /** Resolves when the connection has ended, whatever the reason. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #commands: DaemonCommands;
  readonly #changes = new Channel<RouteChange>();
  #onWatching: (() => void) | undefined;
  #onTable: ((table: RouteTable) => void) | undefined;

  static connect(path: string, commands: DaemonCommands): Promise<RouteClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RouteClient(socket, commands));
      });
    });
  }

  constructor(socket: Socket, commands: DaemonCommands) {
    this.#socket = socket;
    this.#commands = commands;
    // `close` follows every error and is what counts.
    socket.on("error", () => undefined);
    socket.on("end", () => socket.destroy());
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#changes.close();
        resolve();
      });
    });
    readJsonLines(socket, {
      onValue: (value) => this.#onMessage(value as DaemonMessage),
      onInvalid: () => socket.destroy(),
    });
  }

  send(message: WorkerMessage): void {
    if (!this.#socket.destroyed) writeJsonLine(this.#socket, message);
  }

  watch(signal: AbortSignal): Promise<AsyncIterable<RouteChange>> {
    signal.addEventListener("abort", () => this.close(), { once: true });
    return this.#ask<AsyncIterable<RouteChange>>({ type: "watch" }, (resolve) => {
      this.#onWatching = () => resolve(this.#changes);
    });
  }

  list(): Promise<RouteTable> {
    return this.#ask<RouteTable>({ type: "list" }, (resolve) => {
      this.#onTable = resolve;
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask<T>(message: WorkerMessage, expect: (resolve: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      expect(resolve);
      this.closed.then(() => reject(new Error("connection to the daemon ended")), reject);
      this.send(message);
    });
  }

  #onMessage(message: DaemonMessage): void {
    if (message.type === "watching") this.#onWatching?.();
    else if (message.type === "table") this.#onTable?.(message.table);
    else if (message.type === "change") this.#changes.push(message.change);
    else if (message.type === "ping") this.send({ type: "pong" });
    else if (message.type === "drain") this.#commands.onDrain(message.target, message.upgradesMs);
    else if (message.type === "retire") this.#commands.onRetire(message.graceMs);
    else if (message.type === "report") this.#commands.onReport(message.id, message.all);
  }
}
