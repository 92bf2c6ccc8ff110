import type { Address } from "./listening.ts";
import type { ExchangeLimits } from "./upstream.ts";

/** What one worker process must know. All of it comes from its command line: a worker reads no configuration. */
export interface WorkerOptions {
  /** Counts from 1. */
  readonly worker: number;
  readonly http: Address;
  readonly https: Address | undefined;
  /** Unix socket of the daemon. */
  readonly routesSocket: string;
  /** The last route table, shared by all workers. */
  readonly snapshot: string;
  readonly pidFile: string;
  /** Told to the daemon as it is: code and options this worker was started with. */
  readonly fingerprint: string;
  /** Where the worker's own log goes: a path, or standard error where undefined. */
  readonly log: string | undefined;
  readonly accessLog: AccessLogTarget;
  /** Folder with the pages that users made, by the names that the table has. */
  readonly errorPages: string;
  /** Folder for the bodies of requests that are read before an app gets them. */
  readonly scratch: string;
  readonly limits: Limits;
  /** Each connection begins with a header of the PROXY protocol. */
  readonly proxyProtocol: boolean;
}

/** One file for all apps, a folder with a file for each, or one of the words. */
export type AccessLogTarget = { readonly file: string } | { readonly folder: string } | "stdout" | "off";

/** Times in milliseconds. The first three are Heroku's (H19, H12, H15 and H28), and an app can have its own. */
export interface Limits extends ExchangeLimits {
  /** How long a dyno that refused a connection is passed over. */
  readonly asideMs: number;
  /**
   * Idle connections to dynos are closed after this. Servers close theirs after 2 s (gunicorn gthread) or more, mostly
   * without saying so: a request sent into a closing connection is lost, and a new one costs a tenth of a millisecond.
   */
  readonly dynoKeepAliveMs: number;
  /** Idle connections of clients. */
  readonly clientKeepAliveMs: number;
  /** For the head of a request, from its first byte on. */
  readonly clientHeadMs: number;
  /** On SIGTERM: what is still open after it is cut. */
  readonly graceMs: number;
}

export const defaultLimits: Limits = {
  connectMs: 5_000,
  firstByteMs: 30_000,
  idleMs: 55_000,
  asideMs: 5_000,
  dynoKeepAliveMs: 1_500,
  clientKeepAliveMs: 65_000,
  clientHeadMs: 30_000,
  graceMs: 30_000,
};
