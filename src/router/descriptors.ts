import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { StreamSocket } from "./http2/stream-socket.ts";
import type { WorkerLog } from "./worker-log.ts";

const complaintEveryMs = 10_000;
const largestReserve = 128;

/** What a system call says when this process, or the machine, has no more for it. The other end is not to blame. */
const exhausted = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

export function isExhausted(error: unknown): boolean {
  return exhausted.has((error as NodeJS.ErrnoException | undefined)?.code ?? "");
}

/** What is to become of a new connection: all is well, its requests are refused, or it is closed at once. */
export type Room = "enough" | "scarce" | "none";

/**
 * The file descriptors of this process. Once none is left, the system lets node neither accept nor refuse: libuv closes what
 * waits without a word. So the last ones are kept for answers that say so, for logs and for the requests that are under way.
 */
export class Descriptors {
  readonly #limit: number;
  readonly #log: WorkerLog;
  readonly #scarceFrom: number;
  readonly #noneFrom: number;
  readonly #dynosBelow: number;
  #scarce = false;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(log: WorkerLog, limit = openFilesLimit()) {
    const reserve = Math.min(largestReserve, Math.floor(limit / 4));
    this.#limit = limit;
    this.#log = log;
    this.#scarceFrom = limit - reserve;
    this.#noneFrom = limit - Math.ceil(reserve / 2);
    this.#dynosBelow = limit - Math.ceil(reserve / 4);
  }

  /** A new connection has the lowest number that is free: it tells how many are in use. */
  roomFor(connection: unknown): Room {
    const descriptor = descriptorOf(connection);
    this.#scarce = descriptor >= this.#scarceFrom;
    if (!this.#scarce) return "enough";
    this.complain({});
    return descriptor >= this.#noneFrom ? "none" : "scarce";
  }

  /** Whether the request came by a connection that is one of the last. */
  refuses(request: IncomingMessage): boolean {
    return this.#scarce && descriptorOf(connectionOf(request)) >= this.#scarceFrom;
  }

  /** Of a connection to a dyno. Throws where it would leave none to refuse clients with. */
  requireRoom(connection: unknown): void {
    if (descriptorOf(connection) < this.#dynosBelow) return;
    throw Object.assign(new Error("the last file descriptors are for clients"), { code: "EMFILE" });
  }

  complain(fields: { err?: unknown }): void {
    if (performance.now() - this.#complainedAt < complaintEveryMs) return;
    this.#complainedAt = performance.now();
    this.#log.error({ limit: this.#limit, ...fields }, "out of file descriptors, refusing requests");
  }
}

function connectionOf({ socket }: IncomingMessage): unknown {
  return (socket as Partial<StreamSocket> | null)?.connection ?? socket;
}

function descriptorOf(connection: unknown): number {
  return (connection as { _handle?: { fd?: number } } | undefined)?._handle?.fd ?? -1;
}

/** The one in force; node has raised it as far as it may. */
function openFilesLimit(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
}
