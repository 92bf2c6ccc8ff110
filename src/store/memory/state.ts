import { randomBytes } from "node:crypto";
import type { App, ConfigVars, Formation } from "../../model/app.ts";
import type { Build } from "../../model/build.ts";
import type { Certificate, Issuance } from "../../model/certificate.ts";
import type { Key } from "../../model/key.ts";
import type { Release } from "../../model/release.ts";
import type { TrafficPeriod } from "../../model/traffic.ts";

/**
 * All state. A value in a map is never changed, only replaced, so a copy of the maps is a copy of the state: that makes
 * a transaction cheap and a rollback nothing at all.
 */
export interface State {
  readonly apps: Map<string, App>;
  readonly keys: Map<string, Key>;
  readonly config: Map<string, ConfigVars>;
  readonly builds: Map<string, Build>;
  readonly logs: Map<string, string>;
  readonly releases: Map<string, Release>;
  /** App id -> version of the next release. */
  readonly nextVersions: Map<string, number>;
  /** Domain -> app id, in the order they were added. */
  readonly domains: Map<string, string>;
  readonly formation: Map<string, Formation>;
  /** Domain -> address. */
  readonly routes: Map<string, string>;
  /** App id, or undefined for the host. */
  readonly properties: Map<string | undefined, Readonly<Record<string, string>>>;
  /** By app, step and time together. */
  readonly traffic: Map<string, TrafficPeriod & { readonly appId: string; readonly step: number }>;
  /** App id, or undefined for the host. */
  readonly certificates: Map<string | undefined, Certificate>;
  readonly issuances: Map<string, Issuance>;
  /** Identity of a store -> generation, its own first. */
  readonly lineage: Map<string, number>;
}

export function emptyState(): State {
  return {
    apps: new Map(),
    keys: new Map(),
    config: new Map(),
    builds: new Map(),
    logs: new Map(),
    releases: new Map(),
    nextVersions: new Map(),
    domains: new Map(),
    formation: new Map(),
    routes: new Map(),
    properties: new Map(),
    traffic: new Map(),
    certificates: new Map(),
    issuances: new Map(),
    lineage: new Map([[randomBytes(16).toString("hex"), 0]]),
  };
}

export function copyState(state: State): State {
  return {
    apps: new Map(state.apps),
    keys: new Map(state.keys),
    config: new Map(state.config),
    builds: new Map(state.builds),
    logs: new Map(state.logs),
    releases: new Map(state.releases),
    nextVersions: new Map(state.nextVersions),
    domains: new Map(state.domains),
    formation: new Map(state.formation),
    routes: new Map(state.routes),
    properties: new Map(state.properties),
    traffic: new Map(state.traffic),
    certificates: new Map(state.certificates),
    issuances: new Map(state.issuances),
    lineage: new Map(state.lineage),
  };
}
