import type { AppRoutes, RouteChange, RouteTable } from "../model/route.ts";
import type { Balancer, TargetState } from "./balancer.ts";
import { hostName } from "./headers.ts";
import { defaultLimits } from "./options.ts";
import type { ExchangeLimits } from "./upstream.ts";

/** One app in the table. The object stays while the app does: a request that holds it retries on the newest targets. */
export interface RoutedApp {
  routes: AppRoutes;
  targets: readonly TargetState[];
  /** The app's own, and the router's for the rest. */
  limits: ExchangeLimits;
}

/** Host name to app. A change costs what the changed app costs, whatever the size of the table. */
export class Routes {
  readonly #apps = new Map<string, RoutedApp>();
  readonly #hosts = new Map<string, RoutedApp>();
  readonly #balancer: Balancer;
  readonly #limits: ExchangeLimits;
  #revision = 0;

  /** `limits`: for apps that have none of their own. */
  constructor(balancer: Balancer, limits: ExchangeLimits = defaultLimits) {
    this.#balancer = balancer;
    this.#limits = limits;
  }

  get revision(): number {
    return this.#revision;
  }

  /** By a `Host` header, in any case, with or without port and trailing dot. */
  find(host: string): RoutedApp | undefined {
    return this.#hosts.get(host) ?? this.#hosts.get(hostName(host));
  }

  /** The whole table, whatever its revision: the daemon decides. */
  replace(table: RouteTable): void {
    const kept = new Set(table.apps.map((routes) => routes.app));
    for (const app of this.#apps.keys()) {
      if (!kept.has(app)) this.#remove(app);
    }
    for (const routes of table.apps) this.#set(routes);
    this.#revision = table.revision;
  }

  /** False for a change that the table already contains. */
  apply(change: RouteChange): boolean {
    if (change.revision <= this.#revision) return false;
    if ("set" in change) this.#set(change.set);
    else this.#remove(change.remove);
    this.#revision = change.revision;
    return true;
  }

  toTable(): RouteTable {
    return { revision: this.#revision, apps: [...this.#apps.values()].map((app) => app.routes) };
  }

  #set(routes: AppRoutes): void {
    const app: RoutedApp = this.#apps.get(routes.app) ?? { routes, targets: [], limits: this.#limits };
    const before = app.targets;
    this.#releaseHosts(app);
    app.routes = routes;
    app.limits = { ...this.#limits, ...routes.limits };
    // Added before the old ones go, so that a target in both keeps its count.
    app.targets = routes.targets.map((target) => this.#balancer.add(target));
    this.#apps.set(routes.app, app);
    for (const host of routes.hosts) this.#hosts.set(host, app);
    for (const state of before) this.#balancer.remove(state);
  }

  #remove(name: string): void {
    const app = this.#apps.get(name);
    if (app === undefined) return;
    this.#releaseHosts(app);
    this.#apps.delete(name);
    const before = app.targets;
    app.targets = [];
    for (const state of before) this.#balancer.remove(state);
  }

  #releaseHosts(app: RoutedApp): void {
    for (const host of app.routes.hosts) {
      // A renamed app's host may already lead to its new name.
      if (this.#hosts.get(host) === app) this.#hosts.delete(host);
    }
  }
}
