import type { Clash, ForeignRoute } from "../model/foreign.ts";

/** What is routed beside the apps. An app's own domain is never given to any of it. */
export interface ForeignTable {
  /** All foreign containers there are; resolves when every router worker knows. */
  setContainers(routes: readonly ForeignRoute[]): Promise<void>;
  /** All routes that were written down. */
  setManual(routes: readonly ForeignRoute[]): Promise<void>;
  /** In the order in which they get what they want. */
  routes(): readonly ForeignRoute[];
  /** Who wanted a domain and did not get it. */
  clashes(): readonly Clash[];
}
