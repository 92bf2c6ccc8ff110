import type { Builder, ImageStore } from "../builders/builder.ts";
import type { Issuer } from "../certificates/issuer.ts";
import type { GitCredentials } from "../git/credentials.ts";
import type { Repositories } from "../git/repositories.ts";
import type { Download } from "../lib/download.ts";
import type { Logger } from "../lib/logger.ts";
import type { AppRoutes } from "../model/route.ts";
import type { ForeignTable } from "../routing/foreign.ts";
import type { PageFiles } from "../routing/pages.ts";
import type { RoutePublisher } from "../routing/publisher.ts";
import type { RouterLogs } from "../routing/router-logs.ts";
import type { TrafficSource } from "../routing/traffic-source.ts";
import type { Scheduler } from "../schedulers/scheduler.ts";
import type { Store } from "../store/store.ts";
import type { AppLocks } from "./app-locks.ts";
import type { Background } from "./background.ts";
import type { BuildQueue } from "./build-queue.ts";
import type { InService } from "./in-service.ts";
import type { EngineInventory, Inventory } from "./inventory.ts";
import type { OneOffs } from "./one-offs.ts";
import type { SafeMode } from "./safe-mode.ts";

/** What every verb works with. Made once by daemon.ts. */
export interface Context {
  readonly store: Store;
  readonly scheduler: Scheduler;
  /** In the order in which they are asked. */
  readonly builders: readonly Builder[];
  readonly images: ImageStore;
  readonly issuers: { readonly selfSigned: Issuer; readonly acme: Issuer };
  /** Apps for which an authority is being asked. */
  readonly issuing: Set<string>;
  readonly publisher: RoutePublisher;
  readonly foreign: ForeignTable;
  readonly pages: PageFiles;
  readonly routerLogs: RouterLogs;
  readonly traffic: TrafficSource;
  readonly repositories: Repositories;
  /** Fetches what is at an address. */
  readonly download: Download;
  /** Folder for what is needed for a moment. */
  readonly scratch: string;
  readonly gitCredentials: GitCredentials;
  /** All that exists of this Berth, by where it is. */
  readonly inventory: readonly Inventory[];
  readonly engineInventory: EngineInventory;
  readonly safeMode: SafeMode;
  readonly lastRoutes: LastRoutes;
  readonly logger: Logger;
  readonly settings: OperationSettings;
  readonly locks: AppLocks;
  readonly inService: InService;
  readonly oneOffs: OneOffs;
  readonly background: Background;
  readonly buildQueue: BuildQueue;
  /** Aborts when the daemon is told to stop: what would go on for ever, such as followed logs, ends then. */
  readonly stopping: AbortSignal;
  /** Dynos on their way out: nobody else is to touch them. */
  readonly retiring: Set<string>;
  /** Whether something accepts connections there, told within the time. */
  readonly probe: (address: string, port: number, timeoutMs: number) => Promise<boolean>;
  /** What is free where Berth and the engine keep their files: the smaller of the two. */
  readonly freeDiskBytes: () => Promise<number>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** What the router served last, as it is on disk: workers that start take it from there until they are told another table. */
export interface LastRoutes {
  read(): Promise<readonly AppRoutes[]>;
  write(apps: readonly AppRoutes[]): Promise<void>;
}

export interface OperationSettings {
  /** Apps without a domain of their own appear as `APP.DOMAIN`. */
  readonly domain: string | undefined;
  /** For addresses shown to users. */
  readonly httpPort: number;
  readonly httpsPort: number;
  /** DNS records can be set: certificates for wildcards can be had. */
  readonly hasDnsHook: boolean;
  readonly healthTimeoutMs: number;
  /** How long a new dyno without a port must stay alive to count as healthy. */
  readonly settleMs: number;
  readonly drainTimeoutMs: number;
  readonly stopTimeoutSeconds: number;
  readonly buildTimeoutMs: number;
  /** The cores and the memory that one build may use. */
  readonly buildCpus: number;
  readonly buildMemoryBytes: number;
  /** No build is begun where less is free. */
  readonly minFreeDiskBytes: number;
  /** Images are kept for this many releases of an app, the current one among them. */
  readonly keepReleases: number;
  readonly deployBranch: string | undefined;
}

/** Unless the app sets PORT itself (Dokku's and buildstep's number). */
export const defaultPort = 5000;
