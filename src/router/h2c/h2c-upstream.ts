import type { Target } from "../../model/route.ts";
import type { Exchange, Upstream, UpstreamEvents, UpstreamRequest } from "../upstream.ts";
import { H2cExchange } from "./h2c-exchange.ts";
import { H2cSession } from "./h2c-session.ts";

// Limits of time are kept to within this much: no request sets a timer.
const tickMs = 100;

/** Requests to dynos that speak HTTP/2 without TLS, such as servers of gRPC: many at once on one connection. */
export class H2cUpstream implements Upstream {
  // By the object, which stays as long as the target is in use (Balancer): one id can move to another address.
  readonly #sessions = new Map<Target, H2cSession[]>();
  readonly #exchanges = new Set<H2cExchange>();
  #timer: NodeJS.Timeout | undefined;

  send(target: Target, request: UpstreamRequest, events: UpstreamEvents): Exchange {
    const session = this.#session(target, request.fresh);
    const exchange = new H2cExchange(session, request, events, () => this.#exchanges.delete(exchange));
    this.#exchanges.add(exchange);
    this.#timer ??= setInterval(() => this.#tick(), tickMs);
    exchange.begin();
    return exchange;
  }

  forget(target: Target): void {
    const sessions = this.#sessions.get(target);
    this.#sessions.delete(target);
    for (const session of sessions ?? []) session.retire();
  }

  close(): void {
    for (const sessions of this.#sessions.values()) for (const session of sessions) session.destroy();
    this.#sessions.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One that has room for another stream, else a new one. */
  #session(target: Target, fresh: boolean): H2cSession {
    const sessions = this.#sessions.get(target) ?? [];
    const found = fresh ? undefined : sessions.find((session) => session.hasRoom);
    if (found !== undefined) return found;
    const session = new H2cSession(target, sessions.at(-1)?.limit, () => this.#drop(target, session));
    this.#sessions.set(target, [...sessions, session]);
    return session;
  }

  #drop(target: Target, session: H2cSession): void {
    const left = this.#sessions.get(target)?.filter((each) => each !== session) ?? [];
    if (left.length > 0) this.#sessions.set(target, left);
    else this.#sessions.delete(target);
  }

  #tick(): void {
    const now = performance.now();
    for (const exchange of this.#exchanges) exchange.onTick(now);
    if (this.#exchanges.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
