import type { Readable } from "node:stream";
import type { Source } from "../builders/builder.ts";
import type { GitCredentials } from "../git/credentials.ts";
import type { Quarantine } from "../git/repositories.ts";
import type { App, ConfigVars, Formation, ProcessTypes } from "../model/app.ts";
import type { Build } from "../model/build.ts";
import type { Certificate, Issuance } from "../model/certificate.ts";
import type { Dyno } from "../model/dyno.ts";
import type { Clash, ManualRoute } from "../model/foreign.ts";
import type { Key } from "../model/key.ts";
import type { Progress } from "../model/progress.ts";
import type { Release } from "../model/release.ts";
import type { TrafficPeriod } from "../model/traffic.ts";
import type { LogLine, RunIo } from "../schedulers/scheduler.ts";
import type { Thing } from "./inventory.ts";

/**
 * The verbs, as the doors see them. Each throws UserError for what the user can mend (`app-missing`, `app-busy`, ...).
 * What changes an app's dynos takes the app's lock for its time: a second one fails at once with `app-busy`.
 */
export interface Operations {
  createApp(input: { name: string }): Promise<App>;
  /** Removes dynos, routes, images, cache, repository and all state. */
  destroyApp(input: { app: string }): Promise<void>;
  /** By name. */
  listApps(): Promise<App[]>;
  /** Throws `app-missing`. */
  requireApp(input: { app: string }): Promise<App>;
  /** Moves the repository and restarts the dynos under the new name without downtime. */
  renameApp(input: { app: string; name: string }, job: Job): Promise<App>;
  appReport(input: { app: string }): Promise<AppReport>;

  config(input: { app: string }): Promise<ConfigVars>;
  /** A new release, and a restart, where the app is deployed and `restart` is true; else `restart`, `start` of a stopped app and the next release bring the values. */
  setConfig(input: { app: string; vars: ConfigVars; restart: boolean }, job: Job): Promise<Release | undefined>;
  /** Names that are not set are passed over. */
  unsetConfig(
    input: { app: string; keys: readonly string[]; restart: boolean },
    job: Job,
  ): Promise<Release | undefined>;

  /** Says for each whether it was added (false: the app had it). Throws `domain-taken`, `invalid-domain`: none is added. */
  addDomains(input: { app: string; domains: readonly string[] }): Promise<DomainChange[]>;
  /** Those under a global domain too: the app then has only the domains that it was given. */
  removeDomains(input: { app: string; domains: readonly string[] }): Promise<DomainChange[]>;
  /** These and no others. */
  setDomains(input: { app: string; domains: readonly string[] }): Promise<DomainChange[]>;
  clearDomains(input: { app: string }): Promise<void>;
  /** Back to the names under the global domains, as a new app has them. */
  resetDomains(input: { app: string }): Promise<void>;
  /** An app whose domains are disabled keeps them and answers to none. */
  enableDomains(input: { app: string; enabled: boolean }): Promise<void>;
  domains(input: { app: string }): Promise<DomainReport>;
  /** Every app answers to APP.DOMAIN for each of them. The configuration's, until they are changed here. */
  globalDomains(): Promise<string[]>;
  addGlobalDomains(domains: readonly string[]): Promise<DomainChange[]>;
  removeGlobalDomains(domains: readonly string[]): Promise<DomainChange[]>;
  setGlobalDomains(domains: readonly string[]): Promise<DomainChange[]>;

  /** To what is neither an app nor a container that asks for it. Throws `domain-taken`, `invalid-domain`, `invalid-url`. */
  /** A page in HTML for a code of the router's, a status, or all of them; the host's where `app` is undefined. Throws `invalid-error-code`, `invalid-page`. */
  setErrorPage(input: { app: string | undefined; code: string; page: string }): Promise<void>;
  /** False where there was none. */
  clearErrorPage(input: { app: string | undefined; code: string }): Promise<boolean>;
  /** Throws `page-missing`. */
  errorPage(input: { app: string | undefined; code: string }): Promise<string>;
  /** The codes that have a page. */
  errorPages(input: { app: string | undefined }): Promise<string[]>;

  addRoute(input: { domain: string; url: string }): Promise<ManualRoute>;
  /** Throws `route-missing`. */
  removeRoute(input: { domain: string }): Promise<ManualRoute>;
  listRoutes(): Promise<RouteList>;

  /** Throws what is wrong with them: `key-mismatch`, `certificate-expired`, `chain-order`, ... With `update` the app must have one. */
  addCertificate(input: {
    app: string;
    certificate: string;
    key: string;
    update: boolean;
  }): Promise<{ warnings: readonly string[] }>;
  /** Returns what there is to say about it. Throws `certificate-missing`. */
  removeCertificate(input: { app: string }): Promise<{ warnings: readonly string[] }>;
  /** Signed by itself. */
  generateCertificate(input: { app: string; domain: string }): Promise<void>;
  certificate(input: { app: string }): Promise<CertificateReport | undefined>;

  /** Asks for a certificate now, and again before it expires. Throws `no-domain`, `acme-...`: it stays enabled. */
  enableLetsencrypt(input: { app: string }, job: Job): Promise<void>;
  disableLetsencrypt(input: { app: string }): Promise<void>;
  letsencrypt(input: { app: string }): Promise<LetsencryptReport>;

  /** The first key of all is an admin in any case. Throws `admin-required`, `invalid-key`, `key-name-taken`, `key-taken`. */
  addKey(input: { name: string; publicKey: string; admin: boolean }, by: Requester): Promise<Key>;
  listKeys(): Promise<Key[]>;
  /** By name or `SHA256:` fingerprint. Throws `admin-required`, `key-missing`, `last-admin`. */
  removeKey(input: { nameOrFingerprint: string }, by: Requester): Promise<Key>;
  /** By name or `SHA256:` fingerprint. Throws `admin-required`, `key-missing`, `last-admin`. */
  setKeyAdmin(input: { nameOrFingerprint: string; admin: boolean }, by: Requester): Promise<Key>;

  /** Lowest version first. */
  releases(input: { app: string }): Promise<{ releases: Release[]; current: Release | undefined }>;
  /** Without a version: to the release before the current one. Throws `release-missing`, `image-missing`. */
  rollback(input: { app: string; version: number | undefined }, job: Job): Promise<Release>;

  /** The host's value where `app` is undefined; an undefined value unsets. Throws `invalid-property`, `invalid-value`. */
  setProperty(input: { app: string | undefined; key: PropertyKey; value: string | undefined }): Promise<void>;
  /** What `X:report` shows: raw, computed and global value. */
  property(input: { app: string; key: PropertyKey }): Promise<PropertyValue>;

  /** Options of builds, one text each as it was added. */
  buildOptions(input: { app: string }): Promise<readonly string[]>;
  /** Throws `invalid-option`. One that is there already is not added twice. */
  addBuildOption(input: { app: string; option: string }): Promise<void>;
  /** All where `option` is undefined. One that is not there is no error. */
  removeBuildOptions(input: { app: string; option: string | undefined }): Promise<void>;
  /** What was given with `changeBuildpacks`, without passwords. */
  buildpacks(input: { app: string }): Promise<string[]>;
  /** Gives what is no longer in the list. Throws `invalid-buildpack`, `buildpack-missing`. */
  changeBuildpacks(input: { app: string; change: BuildpackChange }): Promise<string[]>;
  /** Removes the app's build cache. Throws `app-busy` while it is built. */
  purgeCache(input: { app: string }): Promise<void>;

  formation(input: { app: string }): Promise<FormationReport>;
  /** Starts and stops only what differs; without `deploy`, the next replacement of the dynos brings it. Throws `unknown-process-type` where the release has no such type. */
  scale(input: { app: string; quantities: Formation; deploy: boolean }, job: Job): Promise<void>;
  /** New dynos healthy before the old ones stop; a new release where config vars have changed since. Throws `not-deployed`. */
  restart(input: { app: string; processType: string | undefined }, job: Job): Promise<void>;
  start(input: { app: string }, job: Job): Promise<void>;
  stop(input: { app: string }, job: Job): Promise<void>;
  processReport(input: { app: string }): Promise<ProcessReport>;

  /** Of the app's dynos and of the router, in order of time. `processes`: `web`, `web.1`, `router`; all where empty. */
  logs(input: {
    app: string;
    processes: readonly string[];
    lines: number;
    follow: boolean;
    signal: AbortSignal;
  }): Promise<AsyncIterable<DynoLogLine>>;
  /** What the router does, once after each interval: of all apps, or of one. Busiest first; quiet ones are left out. */
  liveTraffic(input: {
    app: string | undefined;
    intervalMs: number;
    signal: AbortSignal;
  }): Promise<AsyncIterable<LiveTraffic>>;
  /** Kept in periods of 10 s for an hour, of a minute for a day and of an hour for 90 days; other steps are none. */
  trafficHistory(input: { app: string; step: number }): Promise<TrafficPeriod[]>;
  /** With the config vars as they are stored now. Exit code of the process. Throws `not-deployed`. */
  run(input: { app: string; command: readonly string[]; env: ConfigVars }, io: RunIo): Promise<number>;

  /** DESIGN.md, section 4. Creates the app where it is missing. A failure leaves the previous release serving. */
  deploy(input: { app: string; source: Source; move?: Move | undefined }, job: Job): Promise<Deployed>;
  /** The push that a deploy was for is over: sees to it that the branch is at what was released. */
  settlePush(input: { app: string }): Promise<void>;
  /** The deploy branch, if its commit is not what runs as it was pushed: a push of the same commit is to deploy then. */
  branchToPushAgain(input: { app: string }): Promise<string | undefined>;
  /** Of all apps where `app` is undefined, newest first. */
  builds(input: { app: string | undefined }): Promise<{ app: string; build: Build }[]>;
  /** The newest where `id` is undefined or `current`. Throws `build-missing`. */
  build(input: { app: string; id: string | undefined }): Promise<Build>;
  /** Its lines; of a build that runs, all until its end. Throws `build-missing`. */
  buildOutput(input: { app: string; id: string | undefined; signal: AbortSignal }): Promise<AsyncIterable<string>>;
  /** Throws `nothing-to-cancel`. */
  cancelBuild(input: { app: string; actor: string }): Promise<void>;
  /** Forgets the oldest builds; says how many. */
  pruneBuilds(input: { app: string | undefined }): Promise<number>;
  /** Removes what Berth made and no longer needs, of all apps where `app` is undefined. */
  cleanup(input: { app: string | undefined }): Promise<CleanupReport>;

  /**
   * Makes a commit of an archive (an address, or its bytes) in the app's repository and deploys it. Throws `archive-unsafe`,
   * `archive-too-large`, `archive-unreadable`, `archive-unreachable`, `nothing-changed`: nothing is changed then.
   */
  importArchive(
    input: { app: string; from: string | Readable; author: Author | undefined },
    job: Job,
  ): Promise<Deployed>;
  /** The same with a Dockerfile that is FROM this image, pulled where it is not on the host. Throws `image-not-pulled`. */
  importImage(
    input: { app: string; image: string; author: Author | undefined; refresh: boolean },
    job: Job,
  ): Promise<Deployed>;
  /** The same with an image that arrives as `docker save` writes it. Throws `image-not-loaded`, `image-missing`. */
  loadImage(
    input: { app: string; image: string; author: Author | undefined; tar: Readable },
    job: Job,
  ): Promise<Deployed>;
  /**
   * Brings the app's repository to what another one has, and builds it. Throws `repository-unreachable`, `ref-missing`;
   * undefined where nothing was to be built. A failed build leaves the branch where it was.
   */
  syncRepository(input: SyncInput, job: Job): Promise<Synced>;
  /** Builds and deploys again what the deploy branch has. Throws `nothing-pushed`. */
  rebuild(input: { app: string }, job: Job): Promise<Deployed>;
  /** With what Berth logs in to other git servers. */
  readonly gitCredentials: GitCredentials;

  /** What the store does not explain, in safe mode. */
  recoverReport(): Promise<RecoveryReport>;
  /** Takes up what was found and leaves safe mode. Throws `no-safe-mode`, `adopt-conflict`. */
  recoverAdopt(): Promise<Adopted[]>;
  /** Leaves safe mode with the store as it is; gives what is removed then. Throws `no-safe-mode`. */
  recoverForget(): Promise<readonly Thing[]>;
  /** Throws `safe-mode` in it, before a push sends its objects. */
  requireNormal(): Promise<void>;

  /** What holds the app's lock, for a push that wants to know before it sends its objects. */
  busyWith(input: { app: string }): Promise<string | undefined>;
}

/** A branch that moves to the commit of a deploy. Until it has, the store remembers it. */
export interface Move {
  readonly branch: string;
  /** Where the commit is as long as it is being pushed. */
  readonly quarantine?: Quarantine | undefined;
  /** The app has no deploy branch so far: from the release on it is this one. */
  readonly isFirst?: boolean;
}

export interface RecoveryReport {
  readonly isOn: boolean;
  readonly unexplained: readonly Thing[];
}

/** An app that was taken up. */
export interface Adopted {
  readonly app: string;
  /** How many releases the store lacked. */
  readonly releases: number;
  /** Version of the one that runs. */
  readonly current: number | undefined;
}

/** Who a commit is by. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

/** Settings with a value per app and for the host, under Dokku's names (`git:set APP deploy-branch main`). */
export type PropertyKey =
  | "app-json.appjson-path"
  | "builder-dockerfile.backend"
  | "builder-dockerfile.dockerfile-path"
  | "builder.build-dir"
  | "builder.selected"
  | "builds.cpus"
  | "builds.memory"
  | "builds.retention"
  | "builds.timeout-seconds"
  | "checks.timeout"
  | "git.archive-max-files"
  | "git.archive-max-size"
  | "git.deploy-branch"
  | "maintenance.enabled"
  | "ps.restart-policy"
  | "ps.stop-timeout-seconds"
  | "letsencrypt.ca-file"
  | "letsencrypt.challenge"
  | "letsencrypt.email"
  | "letsencrypt.enabled"
  | "letsencrypt.server"
  | "proxy.https-redirect"
  | "proxy.allow"
  | "proxy.backend-protocol"
  | "proxy.balancing"
  | "proxy.basic-auth"
  | "proxy.body-limit"
  | "proxy.compression"
  | "proxy.connect-timeout"
  | "proxy.connection-limit"
  | "proxy.debug-token"
  | "proxy.deny"
  | "proxy.first-byte-timeout"
  | "proxy.header-limit"
  | "proxy.idle-timeout"
  | "proxy.paused"
  | "proxy.rate-burst"
  | "proxy.rate-limit"
  | "proxy.request-buffering"
  | "proxy.sticky-sessions"
  | "proxy.websocket-grace"
  | "nginx.hsts"
  | "nginx.hsts-include-subdomains"
  | "nginx.hsts-max-age"
  | "nginx.hsts-preload"
  | "routes.redirect"
  | "routes.strip-prefix"
  | "buildpacks.stack";

/** A change to the list of an app's buildpacks. Positions count from 1; without one it is the last, or the first for `set`. */
export type BuildpackChange =
  | {
      readonly kind: "add" | "set";
      readonly buildpacks: readonly string[];
      readonly position?: number | undefined;
    }
  | { readonly kind: "replace"; readonly buildpacks: readonly string[] }
  | { readonly kind: "remove"; readonly which: string | number }
  | { readonly kind: "clear" };

/** Computed is what is in force: app's, else host's, else the default; empty where there is none. */
export interface PropertyValue {
  readonly raw: string;
  readonly computed: string;
  readonly global: string;
}

/** What an operation that takes time gets from its caller. */
export interface Job {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Name of the key, or "local". */
  readonly actor: string;
}

/** Who asks: a key, or the local CLI, which may do what no key may. */
export interface Requester {
  readonly name: string;
  readonly local: boolean;
}

export interface SyncInput {
  readonly app: string;
  readonly url: string;
  /** Branch, tag or commit; the remote's own branch where undefined. */
  readonly ref: string | undefined;
  readonly build: "never" | "if-changed" | "always";
  /** Whether a branch that was synced becomes the deploy branch. */
  readonly setDeployBranch: boolean;
}

export interface Synced {
  readonly branch: string;
  readonly commit: string;
  readonly deployed: Deployed | undefined;
}

export interface CleanupReport {
  /** References of the images that were removed. */
  readonly images: readonly string[];
  /** How many untagged images, base images and caches of apps that are gone. */
  readonly leftovers: number;
  readonly freedBytes: number;
}

export interface Deployed {
  readonly release: Release;
  /** Addresses under which the app now answers: `http://app.example.com`. */
  readonly urls: readonly string[];
}

export interface AppReport {
  readonly app: App;
  readonly current: Release | undefined;
  /** What holds the app's lock, if anything. */
  readonly busyWith: string | undefined;
  readonly urls: readonly string[];
  /** Absolute path of its repository. */
  readonly directory: string;
}

export interface LetsencryptReport {
  readonly enabled: boolean;
  /** That a certificate is to be for. */
  readonly names: readonly string[];
  /** Of the present certificate, where it came from there. Unix milliseconds. */
  readonly expiresAt: number | undefined;
  readonly renewsAt: number | undefined;
  /** Somebody has given it a certificate: none is asked for. */
  readonly isGiven: boolean;
  /** What failed last. */
  readonly issuance: Issuance | undefined;
}

export interface CertificateReport extends Certificate {
  readonly subject: string;
  readonly issuer: string;
  readonly isSelfSigned: boolean;
}

export interface DomainReport {
  /** Set by `domains:add`. */
  readonly own: readonly string[];
  /** `APP.DOMAIN` for each global domain; none where others were set in their place. */
  readonly generated: readonly string[];
  readonly enabled: boolean;
  readonly global: readonly string[];
}

/** `changed`: false where there was nothing to do. The domain is as it is kept, in lower case and punycode. */
export interface DomainChange {
  readonly domain: string;
  readonly changed: boolean;
}

export interface FormationReport {
  /** Every process type of the release and of the formation, with its wanted number. `release` is not among them. */
  readonly quantities: Formation;
  readonly processTypes: ProcessTypes;
}

export interface ProcessReport {
  readonly app: App;
  readonly current: Release | undefined;
  readonly quantities: Formation;
  /** False where app.json says how many there are. */
  readonly canScale: boolean;
  /** By process type and number. */
  readonly dynos: readonly Dyno[];
  /** Images of the current release that the engine has lost: no dyno of it can be started. */
  readonly missingImages: readonly string[];
}

export interface LiveTraffic {
  /** Unix milliseconds. */
  readonly at: number;
  /** Router workers that listen. */
  readonly workers: number;
  readonly apps: readonly AppTraffic[];
}

/** Of the interval that has just passed. */
export interface AppTraffic {
  /** Empty for requests that no app answers. */
  readonly app: string;
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Answers of 500 and above, and those that were never begun. */
  readonly failuresPerSecond: number;
  /** What the router had to say of requests, by code. */
  readonly errors: Readonly<Record<string, number>>;
  /** Milliseconds; undefined where no request ended. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  /** Requests and WebSockets open on dynos now. */
  readonly open: number;
}

export interface DynoLogLine extends LogLine {
  readonly app: string;
  readonly source: "app" | "router";
  /** `web.1`; `router` for what the router tells of a request. */
  readonly dyno: string;
}

export interface RouteList {
  /** Apps by name, then what was added by hand, then containers, the eldest first. */
  readonly routes: readonly {
    readonly domain: string;
    readonly kind: "app" | "container" | "route";
    /** Name of the app or container. */
    readonly to: string;
    /** Undefined for an app, whose dynos come and go. */
    readonly address: string | undefined;
  }[];
  readonly clashes: readonly Clash[];
}
