import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as timeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Kept } from "../lib/kept.ts";
import type { Logger } from "../lib/logger.ts";
import { SocketFile } from "../lib/socket-file.ts";
import type { RouterEntry } from "../model/certificate.ts";
import type { AppRoutes, RouteChange, RouteTable, TrafficReport } from "../model/route.ts";
import type { RoutePublisher } from "./publisher.ts";
import { revisionOf, SnapshotFile } from "./snapshot-file.ts";
import { WorkerConnection, type WorkerIdentity } from "./worker-connection.ts";

export interface RouteServerOptions {
  readonly socketPath: string;
  /** The workers' snapshot: where its revision is ahead of the clock, revisions go on from there. */
  readonly snapshot: string;
  readonly acknowledgeTimeoutMs: number;
  /** How often workers are asked whether they are there. A second by default. */
  readonly heartbeatMs?: number;
  readonly logger: Logger;
}

/** Of the workers that said hello, which means that they listen. */
export interface WorkerEvents {
  onHello(worker: WorkerIdentity): void;
  onGone(worker: WorkerIdentity): void;
  /** Each time that it has left one more question unanswered. */
  onSilent(worker: WorkerIdentity, unanswered: number): void;
}

export function createRouteServer(options: RouteServerOptions): RouteServer {
  return new RouteServer(options);
}

/** The route table, and the unix socket from which workers follow it. */
export class RouteServer implements RoutePublisher {
  readonly #options: RouteServerOptions;
  /** Kept by the daemon while it runs. */
  readonly socket: Kept;
  readonly snapshot: Kept;
  readonly #socket: SocketFile;
  readonly #connections = new Set<WorkerConnection>();
  readonly #apps = new Map<string, AppRoutes>();
  readonly #entries = new Map<string, RouterEntry>();
  readonly #moved = new EventEmitter().setMaxListeners(0);
  #events: WorkerEvents | undefined;
  #onTraffic: ((report: TrafficReport) => void) | undefined;
  #revision = 0;
  /** False until the daemon has told the whole table: an empty one must not replace what the workers have. */
  #known = false;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: RouteServerOptions) {
    this.#options = options;
    this.#socket = new SocketFile({
      path: options.socketPath,
      onConnection: (socket) => this.#welcome(socket),
      onError: (error) => options.logger.error({ err: error }, "routes socket failed"),
    });
    this.socket = this.#socket;
    this.snapshot = new SnapshotFile(options.snapshot, () => (this.#known ? this.#table() : undefined));
  }

  /** The caller holds the root's lock, so a socket file that is there is a dead one. */
  async start(): Promise<void> {
    // Revisions grow over restarts: a daemon makes far less than one change a millisecond.
    this.#revision = Math.max(Date.now(), (await revisionOf(this.#options.snapshot)) + 1);
    await this.#socket.open();
    this.#heartbeat = setInterval(() => this.#beat(), this.#options.heartbeatMs ?? 1_000).unref();
  }

  /** The workers go on with what they have. */
  async stop(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#socket.close();
    for (const connection of this.#connections) connection.close();
  }

  /** One listener: the supervisor. */
  watchWorkers(events: WorkerEvents | undefined): void {
    this.#events = events;
  }

  /** One listener: the traffic keeper. */
  watchTraffic(listener: ((report: TrafficReport) => void) | undefined): void {
    this.#onTraffic = listener;
  }

  /** Resolves when all connected workers have reported to the listener, or after the time. */
  async askTraffic(timeoutMs: number): Promise<void> {
    await within(Promise.all([...this.#connections].map((connection) => connection.report())), timeoutMs);
  }

  /** Undefined as long as the table is not known. */
  routedApps(): ((app: string) => boolean) | undefined {
    return this.#known ? (app) => this.#apps.has(app) : undefined;
  }

  /** The workers that are connected and listen. */
  workers(): WorkerIdentity[] {
    return [...this.#connections].flatMap((connection) => connection.identity ?? []);
  }

  /** False where no such worker is connected. */
  retire(pid: number, graceMs: number): boolean {
    const found = [...this.#connections].find((connection) => connection.identity?.pid === pid);
    found?.send({ type: "retire", graceMs });
    return found !== undefined;
  }

  /** Resolves when all these workers (undefined: one that is still missing) have applied the table as it is then. */
  async settled(pids: () => readonly (number | undefined)[]): Promise<void> {
    const isSettled = (pid: number | undefined) =>
      [...this.#connections].some(
        ({ identity, applied }) => identity !== undefined && identity.pid === pid && applied >= this.#revision,
      );
    await this.#until(() => this.#known && pids().every(isSettled));
  }

  async publish(routes: AppRoutes): Promise<void> {
    this.#requireTable();
    if (!isDeepStrictEqual(this.#apps.get(routes.app), routes)) this.#set(routes);
    await this.#acknowledged();
  }

  async withdraw(app: string): Promise<void> {
    this.#requireTable();
    if (this.#apps.has(app)) this.#remove(app);
    await this.#acknowledged();
  }

  async put(entries: readonly RouterEntry[]): Promise<void> {
    for (const entry of entries) {
      if (isDeepStrictEqual(this.#entries.get(entry.id), entry)) continue;
      this.#entries.set(entry.id, entry);
      this.#announce({ revision: ++this.#revision, put: entry });
    }
    await this.#acknowledged();
  }

  async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.#entries.delete(id)) this.#announce({ revision: ++this.#revision, drop: id });
    }
    await this.#acknowledged();
  }

  async replace(apps: readonly AppRoutes[]): Promise<void> {
    const wanted = new Map(apps.map((routes) => [routes.app, routes]));
    for (const app of [...this.#apps.keys()]) {
      if (!wanted.has(app)) this.#remove(app);
    }
    for (const routes of wanted.values()) {
      if (!isDeepStrictEqual(this.#apps.get(routes.app), routes)) this.#set(routes);
    }
    if (!this.#known) {
      this.#known = true;
      for (const connection of this.#connections) connection.answerFrom(() => this.#table());
    }
    await this.#acknowledged();
  }

  async drained(targets: readonly string[], timeoutMs: number, upgradesMs?: number): Promise<void> {
    const waits = [...this.#connections].flatMap((connection) =>
      targets.map((target) => connection.drained(target, upgradesMs)),
    );
    const all = Promise.all(waits);
    if (!(await within(all, timeoutMs))) {
      this.#options.logger.info({ targets, timeoutMs }, "requests are still open on targets after the drain timeout");
    }
  }

  #set(routes: AppRoutes): void {
    this.#apps.set(routes.app, routes);
    this.#announce({ revision: ++this.#revision, set: routes });
  }

  #remove(app: string): void {
    this.#apps.delete(app);
    this.#announce({ revision: ++this.#revision, remove: app });
  }

  #announce(change: RouteChange): void {
    for (const connection of this.#connections) {
      if (connection.watching) connection.send({ type: "change", change });
    }
  }

  async #acknowledged(): Promise<void> {
    const revision = this.#revision;
    const late = () => [...this.#connections].filter(({ watching, applied }) => watching && applied < revision);
    if (
      await within(
        this.#until(() => late().length === 0),
        this.#options.acknowledgeTimeoutMs,
      )
    )
      return;
    const workers = late().map(({ identity, applied }) => ({ ...identity, applied }));
    this.#options.logger.warn({ revision, workers }, "router workers did not acknowledge routes in time");
  }

  /** Looks anew whenever a worker has moved. */
  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#moved.off("moved", look);
        resolve();
      };
      this.#moved.on("moved", look);
      look();
    });
  }

  #table(): RouteTable {
    return { revision: this.#revision, apps: [...this.#apps.values()], entries: [...this.#entries.values()] };
  }

  #requireTable(): void {
    if (!this.#known) throw new Error("replace() comes first: workers must not lose the routes of apps not told yet");
  }

  #welcome(socket: Socket): void {
    const connection: WorkerConnection = new WorkerConnection(socket, {
      onHello: () => this.#onHello(connection),
      onApplied: () => this.#moved.emit("moved"),
      onTraffic: (report) => this.#onTraffic?.(report),
      onClose: () => this.#onClose(connection),
    });
    this.#connections.add(connection);
    if (this.#known) connection.answerFrom(() => this.#table());
  }

  #beat(): void {
    for (const connection of this.#connections) {
      const { identity, unanswered } = connection;
      if (identity === undefined) continue;
      if (unanswered > 0) this.#events?.onSilent(identity, unanswered);
      connection.ping();
    }
  }

  #onHello(connection: WorkerConnection): void {
    if (connection.identity !== undefined) this.#events?.onHello(connection.identity);
    this.#moved.emit("moved");
  }

  #onClose(connection: WorkerConnection): void {
    this.#connections.delete(connection);
    if (connection.identity !== undefined) this.#events?.onGone(connection.identity);
    this.#moved.emit("moved");
  }
}

/** Whether it was done in time. */
async function within(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const stop = new AbortController();
  const late = timeout(timeoutMs, false, { signal: stop.signal, ref: false }).catch(() => false);
  const done = await Promise.race([work.then(() => true), late]);
  stop.abort();
  return done;
}
