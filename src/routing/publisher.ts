import type { RouterEntry } from "../model/certificate.ts";
import type { AppRoutes } from "../model/route.ts";

/** Gets routes to every router worker, and knows when they are in force. */
export interface RoutePublisher {
  /**
   * Makes these the app's routes and resolves once every connected worker uses them for new requests, or after
   * `routing.acknowledgeTimeout` with a logged warning: a worker that hangs must not stop deploys.
   * A call with routes equal to the published ones changes nothing and resolves when those are acknowledged.
   */
  publish(routes: AppRoutes): Promise<void>;
  /** Takes the app out of the table. */
  withdraw(app: string): Promise<void>;
  /** Like `publish`, for certificates and challenges. Allowed before the first `replace`, which then has them. */
  put(entries: readonly RouterEntry[]): Promise<void>;
  /** Takes entries out; ids that are not there are passed over. */
  drop(ids: readonly string[]): Promise<void>;
  /** Replaces all apps of the table, as at the start of the daemon. */
  replace(apps: readonly AppRoutes[]): Promise<void>;
  /**
   * Resolves when no worker has an open request on these targets (already out of the table), or after the timeout.
   * Upgraded connections are ended after `upgradesMs`; without it they are requests like others.
   */
  drained(targets: readonly string[], timeoutMs: number, upgradesMs?: number): Promise<void>;
}
