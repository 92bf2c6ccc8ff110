import type { RoutedApp } from "./routed-app.ts";

/** What a host, and maybe the beginning of a path, leads to. Made when the table changes: a request makes nothing. */
export interface Place {
  readonly app: RoutedApp;
  /** Requests are sent to this host instead. */
  readonly redirect: string | undefined;
  /** `/api` of a path route; empty for a whole host. */
  readonly prefix: string;
  readonly strip: boolean;
}

/** All that is known under one host. */
export class Places {
  whole: Place | undefined;
  /** The longest prefix first. */
  #prefixed: readonly Place[] = [];

  get isWhole(): boolean {
    return this.#prefixed.length === 0;
  }

  get isEmpty(): boolean {
    return this.whole === undefined && this.#prefixed.length === 0;
  }

  at(path: string): Place | undefined {
    for (const place of this.#prefixed) if (isBelow(place.prefix, path)) return place;
    return this.whole;
  }

  /** The one that has the whole first. */
  apps(): RoutedApp[] {
    const places = this.whole === undefined ? this.#prefixed : [this.whole, ...this.#prefixed];
    return places.map(({ app }) => app);
  }

  /** Takes the part of whoever had it. */
  put(place: Place): void {
    const isSame = ({ prefix }: Place) => prefix === place.prefix;
    const before = place.prefix === "" ? this.whole : this.#prefixed.find(isSame);
    if (before !== undefined && before.app !== place.app) before.app.displaced = true;
    if (place.prefix === "") this.whole = place;
    else {
      const others = this.#prefixed.filter((other) => !isSame(other));
      this.#prefixed = [...others, place].sort((a, b) => b.prefix.length - a.prefix.length);
    }
  }

  /** Only where it is still this app's. */
  take(app: RoutedApp, prefix: string): void {
    if (prefix !== "") this.#prefixed = this.#prefixed.filter((place) => place.prefix !== prefix || place.app !== app);
    else if (this.whole?.app === app) this.whole = undefined;
  }
}

/** The path as the app is to see it. */
export function pathWithin({ strip, prefix }: Place, path: string): string {
  if (!strip || prefix === "") return path;
  const rest = path.slice(prefix.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** What the app has to be told, so that it can make addresses that lead to it. */
export function strippedPrefix(place: Place | undefined): string | undefined {
  return place?.strip && place.prefix !== "" ? place.prefix : undefined;
}

function isBelow(prefix: string, path: string): boolean {
  if (!path.startsWith(prefix)) return false;
  const next = path[prefix.length];
  return next === undefined || next === "/" || next === "?";
}
