import type { AppRoutes } from "../model/route.ts";
import { hostName } from "./headers.ts";
import { type Place, Places } from "./place.ts";
import type { RoutedApp } from "./routed-app.ts";

// RFC 1035, 3.1. A longer one is no name, and would be long to look for among the wildcards.
const nameLimit = 253;

/** Host and path to app. What it costs depends on the depth of the name, not on the size of the table. */
export class HostMap {
  readonly #exact = new Map<string, Places>();
  /** `example.com` for `*.example.com`, the empty string for `*`. */
  readonly #below = new Map<string, Places>();

  /** `host` as in a `Host` header: in any case, with or without port and trailing dot. */
  find(host: string, path: string): Place | undefined {
    const places = this.#exact.get(host);
    // The common case: the name is written as it is kept, and no path leads elsewhere.
    if (places?.isWhole) return places.whole;
    return this.#deepest(hostName(host), (found) => found.at(path));
  }

  /** Whoever may get a request for the host; the one that has all of it before those that have a part. */
  apps(host: string): RoutedApp[] {
    const found = new Set<RoutedApp>();
    this.#deepest(hostName(host), (places) => {
      for (const app of places.apps()) found.add(app);
      return places.whole;
    });
    return [...found];
  }

  add(app: RoutedApp): void {
    const { hosts, paths = [], redirects, stripPrefix = false } = app.routes;
    for (const host of hosts) {
      const redirect = redirects === undefined || !Object.hasOwn(redirects, host) ? undefined : redirects[host];
      this.#places(host).put({ app, redirect, prefix: "", strip: false });
    }
    for (const { host, path } of paths) {
      this.#places(host).put({ app, redirect: undefined, prefix: path, strip: stripPrefix });
    }
  }

  remove(app: RoutedApp, { hosts, paths = [] }: AppRoutes): void {
    for (const host of hosts) this.#take(app, host, "");
    for (const { host, path } of paths) this.#take(app, host, path);
  }

  /** What is picked of the name itself, else of the deepest wildcard that has it. */
  #deepest(name: string, pick: (places: Places) => Place | undefined): Place | undefined {
    const own = this.#exact.get(name);
    const exact = own && pick(own);
    if (exact !== undefined || this.#below.size === 0) return exact;
    if (name.length <= nameLimit) {
      for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
        const below = this.#below.get(name.slice(dot + 1));
        const found = below && pick(below);
        if (found !== undefined) return found;
      }
    }
    const all = this.#below.get("");
    return all && pick(all);
  }

  #places(host: string): Places {
    const [map, key] = this.#slot(host);
    const places = map.get(key) ?? new Places();
    map.set(key, places);
    return places;
  }

  #take(app: RoutedApp, host: string, prefix: string): void {
    const [map, key] = this.#slot(host);
    const places = map.get(key);
    places?.take(app, prefix);
    if (places?.isEmpty) map.delete(key);
  }

  #slot(host: string): [Map<string, Places>, string] {
    if (host === "*") return [this.#below, ""];
    return host.startsWith("*.") ? [this.#below, host.slice(2)] : [this.#exact, host];
  }
}
