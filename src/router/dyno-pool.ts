import type { Target } from "../model/route.ts";
import type { Descriptors } from "./descriptors.ts";
import { type ConnectionUser, DynoConnection } from "./dyno-connection.ts";
import { IdleHabit } from "./idle-habit.ts";

const idleConnectionsPerTarget = 64;
// Limits of time are kept to within this much, for next to nothing: no request sets a timer.
const tickMs = 100;
// A connection that was used just now is used again without a look, which costs a tenth of a small request.
const quietFromMs = 5;
// A dyno's hint to close idle connections is in whole seconds, and its clock runs already.
const hintMarginMs = 1_000;

/** Connections to dynos: those in use, and for each target those that are kept. */
export class DynoPool {
  /** Milliseconds, counted in ticks while there are connections. */
  clock = 0;
  readonly #connections = new Set<DynoConnection>();
  // By the object, which stays as long as the target is in use (Balancer): one id can move to another address.
  readonly #idle = new Map<Target, DynoConnection[]>();
  readonly #habits = new Map<Target, IdleHabit>();
  readonly #keepAliveMs: number;
  readonly #descriptors: Descriptors | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(keepAliveMs: number, descriptors?: Descriptors) {
    this.#keepAliveMs = keepAliveMs;
    this.#descriptors = descriptors;
  }

  forget(target: Target): void {
    const idle = this.#idle.get(target);
    this.#idle.delete(target);
    this.#habits.delete(target);
    for (const connection of idle ?? []) connection.close();
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
    this.#idle.clear();
  }

  /**
   * The last one that was used: the others can end. `once`: the request cannot be sent a second time, so the dyno must not
   * be about to close the connection.
   */
  takeKept(target: Target, user: ConnectionUser, once: boolean): DynoConnection | undefined {
    const idle = this.#idle.get(target);
    if (idle === undefined || idle.length === 0) return undefined;
    const now = Date.now();
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (connection.closed) continue;
      if (connection.usableUntil <= now) {
        connection.close();
        continue;
      }
      const idleMs = now - connection.idleSince;
      if (once && !this.#habit(target).isCertain(idleMs)) {
        // It stays for others, and shows how long the dyno keeps it.
        idle.push(connection);
        return undefined;
      }
      if (once && idleMs >= quietFromMs && !connection.isQuiet()) {
        this.#learn(target, idleMs);
        connection.close();
        continue;
      }
      connection.user = user;
      connection.idleMs = idleMs;
      connection.activeAt = this.clock;
      return connection;
    }
    return undefined;
  }

  /** A request on a kept connection got no answer, because the dyno closed it. */
  onStale({ target, idleMs }: DynoConnection): void {
    this.#learn(target, idleMs);
  }

  open(target: Target, user: ConnectionUser): DynoConnection {
    const connection = new DynoConnection(target, user, {
      onConnected: (socket) => this.#descriptors?.requireRoom(socket),
      onAbandoned: ({ idleSince }) => this.#learn(target, Date.now() - idleSince),
      onClosed: (closed) => this.#onClosed(closed),
    });
    connection.activeAt = this.clock;
    this.#connections.add(connection);
    this.#timer ??= setInterval(() => this.#tick(), tickMs);
    return connection;
  }

  keep(target: Target, connection: DynoConnection, hintSeconds: number | undefined): void {
    const hintMs = hintSeconds === undefined ? Number.POSITIVE_INFINITY : hintSeconds * 1_000 - hintMarginMs;
    const now = Date.now();
    const habit = this.#habit(target);
    if (connection.reused) habit.onSurvived(connection.idleMs);
    const forMs = Math.min(this.#keepAliveMs, hintMs);
    const idle = this.#idle.get(target) ?? [];
    if (idle.length === 0) this.#idle.set(target, idle);
    connection.user = undefined;
    connection.reused = true;
    connection.idleSince = now;
    connection.usableUntil = now + forMs;
    if (forMs > 0 && idle.length < idleConnectionsPerTarget) idle.push(connection);
    else connection.close();
  }

  #learn(target: Target, idleMs: number): void {
    // Not of one that is forgotten: it would be kept for ever.
    this.#habits.get(target)?.onClosed(idleMs);
  }

  #habit(target: Target): IdleHabit {
    let habit = this.#habits.get(target);
    if (habit === undefined) {
      habit = new IdleHabit();
      this.#habits.set(target, habit);
    }
    return habit;
  }

  #onOverdue(connection: DynoConnection, now: number): void {
    if (connection.isQuiet()) this.#habits.get(connection.target)?.onSurvived(now - connection.idleSince);
    connection.close();
  }

  #onClosed(connection: DynoConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.clock += tickMs;
    const now = Date.now();
    for (const connection of this.#connections) {
      if (connection.user !== undefined) connection.user.onSilence(this.clock - connection.activeAt);
      else if (connection.usableUntil <= now) this.#onOverdue(connection, now);
    }
    for (const [target, idle] of this.#idle) this.#sweep(target, idle);
  }

  #sweep(target: Target, idle: DynoConnection[]): void {
    const open = idle.filter((connection) => !connection.closed);
    if (open.length === idle.length && open.length > 0) return;
    if (open.length > 0) this.#idle.set(target, open);
    else this.#idle.delete(target);
  }
}
