import type { App, ConfigVars, Formation } from "../model/app.ts";
import type { Build, BuildStatus } from "../model/build.ts";
import type { Certificate, Issuance } from "../model/certificate.ts";
import type { ManualRoute } from "../model/foreign.ts";
import type { Key } from "../model/key.ts";
import type { Release } from "../model/release.ts";
import type { Stamp } from "../model/stamp.ts";
import type { TrafficPeriod } from "../model/traffic.ts";

/**
 * Berth's state. `read` and `write` run their work in one transaction: it sees one state, and a write happens wholly or
 * (when the work throws) not at all. Work is synchronous, so nothing can be interleaved with it: a promise as its result, a
 * transaction inside another, and the use of a view after its transaction all throw. What is handed in and out are
 * copies. Every implementation passes test/store/contract.ts.
 */
export interface Store {
  read<T>(work: (view: View) => T): T;
  write<T>(work: (changes: Changes) => T): T;
  close(): void;
}

/** Lists are in the order that a person expects: by name, or oldest first where there is a time. */
export interface View {
  readonly apps: {
    list(): App[];
    byName(name: string): App | undefined;
    byId(id: string): App | undefined;
  };
  readonly keys: {
    list(): Key[];
    byFingerprint(fingerprint: string): Key | undefined;
    byName(name: string): Key | undefined;
  };
  readonly config: { of(appId: string): ConfigVars };
  readonly builds: {
    /** Oldest first. */
    of(appId: string): Build[];
    byId(id: string): Build | undefined;
    withStatus(status: BuildStatus): Build[];
    log(id: string): string;
  };
  readonly releases: {
    /** By version, lowest first. */
    of(appId: string): Release[];
    byId(id: string): Release | undefined;
    byVersion(appId: string, version: number): Release | undefined;
    /** Version that the next release gets; versions of removed releases are not given again. */
    nextVersion(appId: string): number;
  };
  readonly domains: {
    /** In the order they were added. */
    of(appId: string): string[];
    /** The id of the app that has this domain. */
    owner(domain: string): string | undefined;
  };
  readonly formation: { of(appId: string): Formation };
  /** By domain. */
  readonly routes: { list(): ManualRoute[] };
  /** Settings that users change with `X:set`: per app, or of the host where `appId` is undefined. */
  readonly properties: {
    get(appId: string | undefined, key: string): string | undefined;
    of(appId: string | undefined): Record<string, string>;
  };
  /** Periods of so many seconds, oldest first, from the time (Unix seconds) on. Those without requests are not there. */
  readonly traffic: { of(appId: string, step: number, from: number): TrafficPeriod[] };
  /** One for each app, and one of the host where `appId` is undefined. */
  readonly certificates: {
    /** Oldest first. */
    list(): Certificate[];
    of(appId: string | undefined): Certificate | undefined;
    issuance(appId: string): Issuance | undefined;
  };
  readonly lineage: {
    /** Identity and generation of this store. Every write has a generation of its own. */
    own(): Stamp;
    /** Its own, and those whose things it has accepted as its own, up to a generation. */
    all(): Stamp[];
  };
}

/**
 * Inserting what breaks a uniqueness rule (app name, key name, fingerprint, domain, route) throws StoreConflict.
 * Changing what is not there, or adding to an app that is not there, is a bug in the caller and throws; so is making a
 * release current that is not the app's, and removing the one that is. Removing what is not there does nothing.
 */
export interface Changes extends View {
  readonly apps: View["apps"] & {
    insert(app: App): void;
    /** Replaces all fields of the app with this id. */
    update(app: App): void;
    /** Removes the app with all it has: config, builds, releases, domains, formation, properties, certificate. */
    remove(id: string): void;
  };
  readonly keys: View["keys"] & {
    insert(key: Key): void;
    /** Replaces all fields of the key with this fingerprint. */
    update(key: Key): void;
    remove(fingerprint: string): void;
  };
  readonly config: View["config"] & {
    set(appId: string, vars: ConfigVars): void;
    unset(appId: string, keys: readonly string[]): void;
  };
  readonly builds: View["builds"] & {
    insert(build: Build): void;
    update(build: Build): void;
    appendLog(id: string, text: string): void;
    remove(id: string): void;
  };
  readonly releases: View["releases"] & {
    insert(release: Release): void;
    remove(id: string): void;
  };
  readonly domains: View["domains"] & {
    add(appId: string, domain: string): void;
    remove(appId: string, domain: string): void;
  };
  readonly routes: View["routes"] & {
    add(route: ManualRoute): void;
    remove(domain: string): void;
  };
  readonly formation: View["formation"] & {
    /** Merges: types that are not named keep their quantity. */
    set(appId: string, formation: Formation): void;
  };
  readonly properties: View["properties"] & {
    /** Undefined removes it. */
    set(appId: string | undefined, key: string, value: string | undefined): void;
  };
  readonly traffic: View["traffic"] & {
    /** Adds to what the period has. */
    add(appId: string, step: number, period: TrafficPeriod): void;
    /** Removes the periods of this step, of all apps, that began before the time (Unix seconds). */
    forget(step: number, before: number): void;
  };
  readonly certificates: View["certificates"] & {
    /** In the place of the one that the app, or the host, has. */
    put(certificate: Certificate): void;
    remove(appId: string | undefined): void;
    /** Undefined removes it. */
    setIssuance(appId: string, issuance: Issuance | undefined): void;
  };
  readonly lineage: View["lineage"] & {
    /** Things with these stamps, and lower ones of the same stores, count as this store's own. Its own generation rises. */
    accept(stamps: readonly Stamp[]): void;
  };
}

/** `what` names the rule: "app name", "key name", "key fingerprint", "domain", "route". */
export class StoreConflict extends Error {
  override readonly name = "StoreConflict";
  readonly what: string;

  constructor(what: string) {
    super(`${what} is taken`);
    this.what = what;
  }
}
