import { type AppRoutes, lineLimits, type RouteChange, type RouteTable } from "../model/route.ts";
import type { Balancer } from "./balancer.ts";
import { Entries } from "./entries.ts";
import { HostMap } from "./host-map.ts";
import { defaultLimits } from "./options.ts";
import type { Place } from "./place.ts";
import type { RoutedApp } from "./routed-app.ts";
import { SwitchMaker } from "./switches/switch-maker.ts";
import type { ExchangeLimits } from "./upstream.ts";

/** Host name to app. A change costs what the changed app costs, whatever the size of the table. */
export class Routes {
  readonly #apps = new Map<string, RoutedApp>();
  readonly #hosts = new HostMap();
  readonly #balancer: Balancer;
  readonly #entries: Entries;
  readonly #limits: ExchangeLimits;
  readonly #switches: SwitchMaker;
  #revision = 0;
  #lineLimit: number | undefined;

  /** `limits`: for apps that have none of their own. */
  constructor(
    balancer: Balancer,
    limits: ExchangeLimits = defaultLimits,
    entries = new Entries(),
    switches = new SwitchMaker(),
  ) {
    this.#balancer = balancer;
    this.#entries = entries;
    this.#limits = limits;
    this.#switches = switches;
  }

  get revision(): number {
    return this.#revision;
  }

  /** By a `Host` header, in any case, with or without port and trailing dot, and the path of the request. */
  place(host: string, path: string): Place | undefined {
    return this.#hosts.find(host, path);
  }

  app(name: string): AppRoutes | undefined {
    return this.#apps.get(name)?.routes;
  }

  /** Whoever may get a request for the host; the one that has all of it before those that have a part. */
  appsOf(host: string): RoutedApp[] {
    return this.#hosts.apps(host);
  }

  /** The whole table, whatever its revision: the daemon decides. */
  replace(table: RouteTable): void {
    const kept = new Set(table.apps.map((routes) => routes.app));
    for (const app of this.#apps.keys()) {
      if (!kept.has(app)) this.#remove(app);
    }
    for (const routes of table.apps) this.#set(routes);
    this.#entries.replace(table.entries ?? []);
    this.#revision = table.revision;
  }

  /** False for a change that the table already contains. */
  apply(change: RouteChange): boolean {
    if (change.revision <= this.#revision) return false;
    if ("set" in change) this.#set(change.set);
    else if ("remove" in change) this.#remove(change.remove);
    else if ("put" in change) this.#entries.put(change.put);
    else this.#entries.drop(change.drop);
    this.#revision = change.revision;
    return true;
  }

  /** The highest that an app has for a line in the head of a request, in bytes. */
  get lineLimit(): number {
    this.#lineLimit ??= Math.max(
      lineLimits.usual,
      ...[...this.#apps.values()].flatMap(({ switches }) => switches?.switches.headerLimit ?? []),
    );
    return this.#lineLimit;
  }

  all(): Iterable<RoutedApp> {
    return this.#apps.values();
  }

  toTable(): RouteTable {
    const apps = [...this.#apps.values()].map((app) => app.routes);
    return { revision: this.#revision, apps, entries: this.#entries.list() };
  }

  #set(routes: AppRoutes): void {
    const app: RoutedApp = this.#apps.get(routes.app) ?? {
      routes,
      targets: [],
      limits: this.#limits,
      displaced: false,
      switches: undefined,
      waiting: undefined,
    };
    const { targets: before, routes: old } = app;
    const isNew = !this.#apps.has(routes.app);
    app.routes = routes;
    app.limits = { ...this.#limits, ...routes.limits };
    this.#lineLimit = undefined;
    app.switches = this.#switches.make(routes.app, routes.switches, app.switches);
    // Added before the old ones go, so that a target in both keeps its count.
    app.targets = routes.targets.map((target) => this.#balancer.add(target));
    this.#apps.set(routes.app, app);
    // A deploy moves the targets only: an app with thousands of domains then costs no more than any other.
    if (isNew || app.displaced || !leadsAlike(old, routes)) {
      app.displaced = false;
      this.#hosts.remove(app, old);
      this.#hosts.add(app);
    }
    for (const state of before) this.#balancer.remove(state);
    if (routes.switches?.pause === undefined) app.waiting?.open();
  }

  #remove(name: string): void {
    const app = this.#apps.get(name);
    if (app === undefined) return;
    // A renamed app's host may already lead to its new name: only what is still its own goes.
    this.#hosts.remove(app, app.routes);
    this.#apps.delete(name);
    this.#lineLimit = undefined;
    const before = app.targets;
    app.targets = [];
    for (const state of before) this.#balancer.remove(state);
    app.waiting?.open();
  }
}

/** Whether all hosts and paths are the same. */
function leadsAlike(one: AppRoutes, other: AppRoutes): boolean {
  const { hosts } = other;
  if (one.hosts.length !== hosts.length || one.hosts.some((host, index) => host !== hosts[index])) return false;
  const rest = ({ paths, redirects, stripPrefix }: AppRoutes) => JSON.stringify([paths, redirects, stripPrefix]);
  return rest(one) === rest(other);
}
