import type { Socket } from "node:net";
import { readJsonLines, writeJsonLine } from "../lib/json-lines.ts";
import type { DaemonMessage, RouteTable, TrafficReport, WorkerMessage } from "../model/route.ts";

// A worker that does not read while this much waits for it is hung, and is cut off.
const backlogLimit = 32 * 1024 * 1024;

export interface WorkerIdentity {
  readonly pid: number;
  /** Counts from 1. */
  readonly worker: number;
  readonly fingerprint: string;
}

export interface ConnectionEvents {
  /** The worker listens. */
  onHello(): void;
  onApplied(): void;
  onTraffic(report: TrafficReport): void;
  onClose(): void;
}

/** One connected worker: what it has applied, and what it still has to drain. */
export class WorkerConnection {
  identity: WorkerIdentity | undefined;
  /** It gets every change, so it must acknowledge every change. */
  watching = false;
  applied = 0;
  closed = false;
  /** Pings since it last said anything. Counted, not timed: a machine that slept must not find all workers silent. */
  unanswered = 0;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #reports = new Map<number, () => void>();
  #reportId = 0;
  readonly #drains = new Map<string, Set<() => void>>();
  #wantsWatch = false;
  #wantsTable = false;
  #table: (() => RouteTable) | undefined;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    // `close` follows every error and is what counts.
    socket.on("error", () => undefined);
    socket.on("end", () => socket.destroy());
    socket.once("close", () => this.#onClose());
    readJsonLines(socket, {
      onValue: (value) => {
        this.unanswered = 0;
        this.#onMessage(value as WorkerMessage);
      },
      onInvalid: () => socket.destroy(),
    });
  }

  /** From now on there is a table to tell: before that, `watch` and `list` have to wait. */
  answerFrom(table: () => RouteTable): void {
    this.#table = table;
    this.#answer();
  }

  send(message: DaemonMessage): void {
    if (this.closed) return;
    writeJsonLine(this.#socket, message);
    if (this.#socket.writableLength > backlogLimit) this.#socket.destroy();
  }

  /** Resolves when the worker has nothing open on the target, or has gone. */
  drained(target: string, upgradesMs?: number): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#drains.get(target) ?? new Set();
      waiting.add(resolve);
      this.#drains.set(target, waiting);
      this.send({ type: "drain", target, ...(upgradesMs !== undefined && { upgradesMs }) });
    });
  }

  /** Resolves when the worker has told what it has counted, or has gone. */
  report(): Promise<void> {
    // One that is still starting has nothing to tell.
    if (this.closed || this.identity === undefined) return Promise.resolve();
    const id = ++this.#reportId;
    return new Promise((resolve) => {
      this.#reports.set(id, resolve);
      this.send({ type: "report", id, all: id === 1 });
    });
  }

  ping(): void {
    this.unanswered++;
    this.send({ type: "ping" });
  }

  close(): void {
    this.#socket.destroy();
  }

  #onMessage(message: WorkerMessage): void {
    if (message.type === "hello") {
      const { pid, worker, fingerprint } = message;
      this.identity = { pid, worker, fingerprint };
      this.#events.onHello();
    } else if (message.type === "watch") {
      this.#wantsWatch = true;
      this.#answer();
    } else if (message.type === "list") {
      this.#wantsTable = true;
      this.#answer();
    } else if (message.type === "applied") {
      this.applied = message.revision;
      this.#events.onApplied();
    } else if (message.type === "traffic") {
      this.#events.onTraffic(message);
      this.#reports.get(message.id)?.();
      this.#reports.delete(message.id);
    } else if (message.type === "drained") {
      for (const resolve of this.#drains.get(message.target) ?? []) resolve();
      this.#drains.delete(message.target);
    }
  }

  #answer(): void {
    const table = this.#table;
    if (table === undefined) return;
    if (this.#wantsWatch) {
      this.#wantsWatch = false;
      this.watching = true;
      this.send({ type: "watching" });
    }
    if (this.#wantsTable) {
      this.#wantsTable = false;
      this.send({ type: "table", table: table() });
    }
  }

  #onClose(): void {
    this.closed = true;
    for (const waiting of this.#drains.values()) for (const resolve of waiting) resolve();
    this.#drains.clear();
    for (const resolve of this.#reports.values()) resolve();
    this.#reports.clear();
    this.#events.onClose();
  }
}
