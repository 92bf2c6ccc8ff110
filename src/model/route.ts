import type { Switches } from "./switches.ts";
import type { Traffic } from "./traffic.ts";

/**
 * The route table: what the router knows of the world. The daemon computes it, the router workers obey it.
 * This file is also the whole protocol between the two (DESIGN.md, section 3).
 */

import type { RouterEntry } from "./certificate.ts";

/** One web dyno that takes requests. */
export interface Target {
  /** Container id: tells two generations of one dyno apart even where the address is the same. */
  readonly id: string;
  /** `web.1` */
  readonly dyno: string;
  readonly address: string;
  readonly port: number;
}

/** An app's own limits, in milliseconds; the router's hold where one is absent. */
export interface RouteLimits {
  /** For one connection to a dyno (H19). */
  readonly connectMs?: number;
  /** From the last byte of the request to the first one of the answer (H12). */
  readonly firstByteMs?: number;
  /** Silence in the middle of an answer (H15), or of the client in the middle of its request (H28). */
  readonly idleMs?: number;
}

/** Everything the router must know of one app. No targets: the app exists but has no web dyno that could answer. */
export interface AppRoutes {
  readonly app: string;
  /**
   * Host names in lower case, without port and trailing dot. `*.example.com` is everything below example.com, `*` every
   * host that nobody has. The most exact one wins.
   */
  readonly hosts: readonly string[];
  readonly targets: readonly Target[];
  /** Version of the serving release, for headers and logs. */
  readonly release: number | undefined;
  readonly limits?: RouteLimits;
  /** Parts of hosts, which may be another app's in the rest. The longest prefix wins. */
  readonly paths?: readonly PathRoute[];
  /** The app is not to see the prefix of a path route. */
  readonly stripPrefix?: boolean;
  /** Host -> the host to which requests for it are redirected; all of them are among the hosts. */
  readonly redirects?: Readonly<Record<string, string>>;
  readonly tls?: AppTls;
  /** Requests get a page that says so, and none reaches a dyno. */
  readonly maintenance?: boolean;
  /** All its web dynos died: that nobody accepts a connection has a name. */
  readonly crashed?: boolean;
  /** Code, status or `all` -> name of the file with the page for it, in the folder of pages. */
  readonly pages?: Readonly<Record<string, string>>;
  readonly switches?: Switches;
  /** What its dynos speak, where it is not HTTP/1.1: HTTP/2 without TLS, from the first byte on. */
  readonly backend?: Backend;
}

export type Backend = "h2c";

export interface AppTls {
  /** Ids of entries, the best first: the first that covers a host is shown for it. */
  readonly certificates: readonly string[];
  /** Plain requests are sent to https, for hosts that one of the certificates covers. */
  readonly redirect: boolean;
  /** Value of Strict-Transport-Security in answers over https. */
  readonly hsts: string | undefined;
}

/** In the place of an app's name: what holds for all apps and for requests that are for none. Only its pages count. */
export const hostEntry = ":host";

export interface PathRoute {
  /** As in `AppRoutes.hosts`. */
  readonly host: string;
  /** `/api`: begins with a slash, does not end with one, and covers whole segments only. */
  readonly path: string;
}

/** `revision` only ever grows, also over restarts of the daemon. */
export interface RouteTable {
  readonly revision: number;
  readonly apps: readonly AppRoutes[];
  readonly entries?: readonly RouterEntry[];
}

// Grows when a router of before could not read the file any more.
const snapshotFormat = 1;

/** The table as it lies on disk, for a router that starts without a daemon. */
export function snapshotText(table: RouteTable): string {
  return JSON.stringify({ format: snapshotFormat, ...table });
}

/** Throws an Error with the reason for a text that is damaged, or of a newer Berth. */
export function parseSnapshot(text: string): RouteTable {
  const { format = snapshotFormat, ...table } = JSON.parse(text) as { format?: unknown } & RouteTable;
  if (format !== snapshotFormat) throw new Error(`its format is ${format}, and ${snapshotFormat} is known here`);
  if (!isTable(table)) throw new Error("it is not a route table");
  return table;
}

function isTable({ revision, apps, entries }: RouteTable): boolean {
  return (
    Number.isSafeInteger(revision) && isList(apps, isAppRoutes) && (entries === undefined || isList(entries, isObject))
  );
}

function isAppRoutes(value: object): boolean {
  const { app, hosts, targets } = value as Partial<AppRoutes>;
  return typeof app === "string" && isList(hosts, (host) => typeof host === "string") && isList(targets, isTarget);
}

function isTarget(value: object): boolean {
  const { id, address, port } = value as Partial<Target>;
  return typeof id === "string" && typeof address === "string" && Number.isInteger(port);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function isList<T>(value: readonly T[] | undefined, isItem: (item: T & object) => boolean): value is readonly T[] {
  return Array.isArray(value) && value.every(isItem);
}

/** One step from a revision to the next: the app's new routes or its removal, a new entry or its removal. */
export type RouteChange =
  | { readonly revision: number; readonly set: AppRoutes }
  | { readonly revision: number; readonly remove: string }
  | { readonly revision: number; readonly put: RouterEntry }
  | { readonly revision: number; readonly drop: string };

/**
 * Where a router worker gets its routes. `watch` resolves once subscribed, so a worker that watches first and then lists
 * misses no change; changes at or below the listed revision are to be skipped.
 */
export interface RouteSource {
  watch(signal: AbortSignal): Promise<AsyncIterable<RouteChange>>;
  list(): Promise<RouteTable>;
}

/** Worker -> daemon, one JSON object a line on the routes socket. */
export type WorkerMessage =
  | { readonly type: "hello"; readonly pid: number; readonly worker: number; readonly fingerprint: string }
  | { readonly type: "watch" }
  | { readonly type: "list" }
  /** Every request accepted from now on uses revision N or later. */
  | { readonly type: "applied"; readonly revision: number }
  | TrafficReport
  /** The worker has no open request (and no upgraded connection) on this target that it no longer routes to. */
  | { readonly type: "drained"; readonly target: string }
  /** Answer to `ping`. */
  | { readonly type: "pong" };

/** What a worker has counted since its start. Comes as an answer, and once more, with id 0, when a worker ends. */
export interface TrafficReport {
  readonly type: "traffic";
  /** Of the question. */
  readonly id: number;
  readonly pid: number;
  /** Unix milliseconds of the worker's start: tells it from another one that had its pid. */
  readonly since: number;
  /** By app; under "" the requests for hosts that no app answers to. */
  readonly apps: Readonly<Record<string, Traffic>>;
  /** Requests and upgraded connections open on dynos now; apps without any are left out. */
  readonly open: Readonly<Record<string, number>>;
}

/** Daemon -> worker. */
export type DaemonMessage =
  | { readonly type: "watching" }
  | { readonly type: "table"; readonly table: RouteTable }
  | { readonly type: "change"; readonly change: RouteChange }
  /** Tell with `drained` when this target, which is in no route any more, has no open request. */
  /** `upgradesMs`: upgraded connections that are still open on it after so long are ended. */
  | { readonly type: "drain"; readonly target: string; readonly upgradesMs?: number }
  /** Answer with a TrafficReport. `all`: also of the apps without requests since the last one. */
  | { readonly type: "report"; readonly id: number; readonly all: boolean }
  /** Answer with `pong`: a worker that says nothing is hung, and is replaced. */
  | { readonly type: "ping" }
  /** Stop listening, finish what is open within `graceMs`, end. */
  | { readonly type: "retire"; readonly graceMs: number };

/**
 * Of each line in the head of a request, in bytes: Heroku's limit, and the highest that an app may have. HTTP/2 has no room for
 * longer ones (nghttp2's NGHTTP2_HD_MAX_NV).
 */
export const lineLimits = { usual: 8_192, highest: 64 * 1_024 } as const;

/** Exit codes of a worker that could not work: the daemon tells the user why. */
export const workerExit = {
  failed: 1,
  portInUse: 3,
  cannotListen: 4,
  securePortInUse: 5,
  cannotListenSecurely: 6,
} as const;
