import type { ConfigVars } from "./app.ts";
import type { Release } from "./release.ts";
import type { DynoRuntime } from "./runtime.ts";

/** `starting` covers created and restarting: it exists and is meant to run, but does not run right now. */
export type DynoState = "running" | "starting" | "exited";

/** What identifies a dyno; kept as container labels, so that it survives the daemon. */
export interface DynoIdentity {
  readonly app: string;
  readonly processType: string;
  /** Counts from 1 within the process type. */
  readonly number: number;
  /** Version of the release it runs. */
  readonly release: number;
}

/** What a scheduler needs to start one dyno. */
export interface DynoSpec extends DynoIdentity {
  readonly image: string;
  /** Shell line, run by the image's `/exec`; not looked at with a runtime. */
  readonly command: string;
  /** Set for an image that is not of the buildpacks' make. */
  readonly runtime?: DynoRuntime | undefined;
  readonly config: ConfigVars;
  /** Set for `web`: the port the process must listen on, given to it as PORT. */
  readonly port: number | undefined;
  readonly restartPolicy: RestartPolicy;
  /** Between SIGTERM and SIGKILL, whoever stops it. */
  readonly stopTimeoutSeconds: number;
  readonly origin?: DynoOrigin | undefined;
}

/**
 * What a dyno's container tells of its release, all but the values of its config, which are in its environment: a store
 * that has lost the release can be given it again.
 */
export interface DynoOrigin extends Omit<Release, "config" | "version"> {
  readonly configKeys: readonly string[];
}

/** Docker's own policies, written as Docker and Dokku write them: `no`, `always`, `unless-stopped`, `on-failure[:N]`. */
export type RestartPolicy = string;

/** One running (or just ended) container of an app. */
export interface Dyno extends DynoIdentity {
  /** Container id, 64 hex digits. */
  readonly id: string;
  readonly state: DynoState;
  /** IPv4 address on the Berth network; kept over restarts of the container. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly exitCode: number | undefined;
  /** How often the engine restarted it. */
  readonly restarts: number;
  readonly image: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
}

/** `web.1` */
export function dynoName(dyno: Pick<DynoIdentity, "processType" | "number">): string {
  return `${dyno.processType}.${dyno.number}`;
}
