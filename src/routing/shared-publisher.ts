import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../lib/logger.ts";
import type { RouterEntry } from "../model/certificate.ts";
import { type Clash, type ForeignRoute, foreignRoutes } from "../model/foreign.ts";
import type { AppRoutes } from "../model/route.ts";
import type { ForeignTable } from "./foreign.ts";
import type { RoutePublisher } from "./publisher.ts";

/** One table for apps and for what is beside them: whenever either changes, the domains are given out anew. */
export class SharedPublisher implements RoutePublisher, ForeignTable {
  readonly #inner: RoutePublisher;
  readonly #logger: Logger;
  /** App -> its domains, and the other way round. */
  readonly #domains = new Map<string, readonly string[]>();
  readonly #owners = new Map<string, string>();
  #containers: readonly ForeignRoute[] = [];
  #manual: readonly ForeignRoute[] = [];
  #wanted: ReadonlySet<string> = new Set();
  #clashes: readonly Clash[] = [];
  #published = new Map<string, AppRoutes>();
  /** False until the apps are known: nothing may be given out that could be theirs. */
  #known = false;

  constructor(inner: RoutePublisher, logger: Logger) {
    this.#inner = inner;
    this.#logger = logger;
  }

  async publish(routes: AppRoutes): Promise<void> {
    const isDisputed = this.#claim(routes.app, domainsOf(routes));
    await Promise.all([this.#inner.publish(routes), ...(isDisputed ? this.#settle() : [])]);
  }

  async withdraw(app: string): Promise<void> {
    const isDisputed = this.#claim(app, []);
    await Promise.all([this.#inner.withdraw(app), ...(isDisputed ? this.#settle() : [])]);
  }

  async replace(apps: readonly AppRoutes[]): Promise<void> {
    this.#known = true;
    const there = new Set(apps.map(({ app }) => app));
    for (const app of [...this.#domains.keys()]) if (!there.has(app)) this.#claim(app, []);
    for (const routes of apps) this.#claim(routes.app, domainsOf(routes));
    this.#published = this.#giveOut();
    await this.#inner.replace([...apps, ...this.#published.values()]);
  }

  put(entries: readonly RouterEntry[]): Promise<void> {
    return this.#inner.put(entries);
  }

  drop(ids: readonly string[]): Promise<void> {
    return this.#inner.drop(ids);
  }

  drained(targets: readonly string[], timeoutMs: number, upgradesMs?: number): Promise<void> {
    return this.#inner.drained(targets, timeoutMs, upgradesMs);
  }

  async setContainers(routes: readonly ForeignRoute[]): Promise<void> {
    this.#containers = routes;
    await this.#change();
  }

  async setManual(routes: readonly ForeignRoute[]): Promise<void> {
    this.#manual = routes;
    await this.#change();
  }

  routes(): readonly ForeignRoute[] {
    const elderFirst = [...this.#containers].sort((a, b) => a.since - b.since || (a.name < b.name ? -1 : 1));
    return [...this.#manual, ...elderFirst];
  }

  clashes(): readonly Clash[] {
    return this.#clashes;
  }

  async #change(): Promise<void> {
    this.#wanted = new Set(this.routes().flatMap(({ domains }) => domains));
    if (this.#known) await Promise.all(this.#settle());
  }

  /** True where the change concerns a domain that something foreign wants. */
  #claim(app: string, domains: readonly string[]): boolean {
    const before = this.#domains.get(app) ?? [];
    for (const domain of before) if (this.#owners.get(domain) === app) this.#owners.delete(domain);
    for (const domain of domains) this.#owners.set(domain, app);
    if (domains.length === 0) this.#domains.delete(app);
    else this.#domains.set(app, domains);
    return this.#wanted.size > 0 && [...before, ...domains].some((domain) => this.#wanted.has(domain));
  }

  /** Tells what has changed, all at once: whoever lost a domain must not keep it until somebody else was told. */
  #settle(): Promise<void>[] {
    const before = this.#published;
    this.#published = this.#giveOut();
    const gone = [...before.keys()].filter((name) => !this.#published.has(name));
    const changed = [...this.#published.values()].filter(
      (routes) => !isDeepStrictEqual(before.get(routes.app), routes),
    );
    return [...gone.map((name) => this.#inner.withdraw(name)), ...changed.map((routes) => this.#inner.publish(routes))];
  }

  #giveOut(): Map<string, AppRoutes> {
    const given = new Map<string, string>();
    const published = new Map<string, AppRoutes>();
    const clashes: Clash[] = [];
    for (const route of this.routes()) {
      const free = route.domains.filter((domain) => {
        const winner = this.#owners.get(domain) ?? given.get(domain);
        if (winner !== undefined) clashes.push({ domain, winner, loser: route.name });
        return winner === undefined;
      });
      for (const domain of free) given.set(domain, route.name);
      if (free.length > 0) published.set(route.name, foreignRoutes(route, free));
    }
    for (const clash of clashes) {
      const isKnown = this.#clashes.some((known) => isDeepStrictEqual(known, clash));
      if (!isKnown) this.#logger.warn({ ...clash }, "two want one domain");
    }
    this.#clashes = clashes;
    return published;
  }
}

function domainsOf({ hosts, paths = [] }: AppRoutes): string[] {
  return [...hosts, ...paths.map(({ host, path }) => host + path)];
}
