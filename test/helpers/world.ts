import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Issuer } from "../../src/certificates/issuer.ts";
import { createSelfSignedIssuer } from "../../src/certificates/self-signed/create-issuer.ts";
import { defaultSearchPath } from "../../src/git/git.ts";
import { createHostCredentials } from "../../src/git/host-credentials.ts";
import type { Repositories } from "../../src/git/repositories.ts";
import { createLogger } from "../../src/lib/logger.ts";
import { acceptsConnections } from "../../src/lib/tcp-probe.ts";
import type { RouterEntry } from "../../src/model/certificate.ts";
import { dynoName } from "../../src/model/dyno.ts";
import type { Release } from "../../src/model/release.ts";
import type { AppRoutes } from "../../src/model/route.ts";
import type { Stamp } from "../../src/model/stamp.ts";
import { noTraffic, sumOf, type Traffic } from "../../src/model/traffic.ts";
import { AppLocks } from "../../src/operations/app-locks.ts";
import { Background } from "../../src/operations/background.ts";
import { BuildQueue } from "../../src/operations/build-queue.ts";
import type { Context, OperationSettings } from "../../src/operations/context.ts";
import { createOperations } from "../../src/operations/create-operations.ts";
import { InService } from "../../src/operations/in-service.ts";
import type { EngineInventory, Thing } from "../../src/operations/inventory.ts";
import { OneOffs } from "../../src/operations/one-offs.ts";
import type { Deployed, Job, Operations } from "../../src/operations/operations.ts";
import { type NotedGeneration, SafeMode } from "../../src/operations/safe-mode.ts";
import { createAccessLogFiles } from "../../src/routing/access-log-files.ts";
import type { PageFiles } from "../../src/routing/pages.ts";
import type { RoutePublisher } from "../../src/routing/publisher.ts";
import { SharedPublisher } from "../../src/routing/shared-publisher.ts";
import type { TrafficSnapshot } from "../../src/routing/traffic-source.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import type { Store } from "../../src/store/store.ts";
import { FakeBuilder, FakeImageStore, fakeSource } from "./fake-builder.ts";
import { FakeScheduler } from "./fake-scheduler.ts";

/** What a router would see, and when: `log` has publications, drains and (through the scheduler) nothing else. */
export class RecordingPublisher implements RoutePublisher {
  readonly table = new Map<string, AppRoutes>();
  readonly entries = new Map<string, RouterEntry>();
  readonly log: string[] = [];
  replaced = 0;
  /** Awaited by `drained`: an open request that holds up a retirement. */
  drain: Promise<void> = Promise.resolve();

  async publish(routes: AppRoutes): Promise<void> {
    this.table.set(routes.app, routes);
    this.log.push(`publish ${routes.app} ${routes.targets.map((target) => target.dyno).join(",")}`);
  }

  async withdraw(app: string): Promise<void> {
    this.table.delete(app);
    this.log.push(`withdraw ${app}`);
  }

  async replace(apps: readonly AppRoutes[]): Promise<void> {
    this.replaced += 1;
    this.table.clear();
    for (const routes of apps) this.table.set(routes.app, routes);
  }

  async put(entries: readonly RouterEntry[]): Promise<void> {
    for (const entry of entries) this.entries.set(entry.id, entry);
  }

  async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.entries.delete(id);
  }

  async drained(targets: readonly string[]): Promise<void> {
    await this.drain;
    this.log.push(`drained ${targets.length}`);
  }

  targets(app: string): string[] {
    return this.table.get(app)?.targets.map((target) => target.id) ?? [];
  }
}

class FakePages implements PageFiles {
  readonly pages = new Map<string, string>();
  alone = <T>(work: () => Promise<T>) => work();
  async put(page: string) {
    const name = `page-${this.pages.size + 1}`;
    this.pages.set(name, page);
    return name;
  }
  read = async (name: string) => this.pages.get(name);
  keep = async (names: ReadonlySet<string>) => {
    for (const name of this.pages.keys()) if (!names.has(name)) this.pages.delete(name);
  };
}

class FakeRepositories implements Repositories {
  readonly names = new Set<string>();
  path = (app: string) => `/repositories/${app}.git`;
  exists = async (app: string) => this.names.has(app);
  ensure = async (app: string) => void this.names.add(app);
  stamp = async () => undefined;
  rename = async (from: string, to: string) => void (this.names.delete(from) && this.names.add(to));
  remove = async (app: string) => void this.names.delete(app);
  source = async (_app: string, commit: string) => fakeSource({}, commit);
  setHead = async () => undefined;
  importCommit = () => Promise.reject(new Error("a fake repository takes no commits"));
  advance = async () => undefined;
  /** What another server has: one branch, `main`. */
  remote: Awaited<ReturnType<Repositories["fetch"]>> = { commit: "f".repeat(40), branch: "main" };
  readonly branches = new Map<string, string>();
  fetch = async () => this.remote;
  tip = async (app: string, branch: string) => this.branches.get(`${app} ${branch}`);
  /** Commits that a push has left behind when it ended. */
  readonly kept: string[] = [];
  keep = async (_app: string, commit: string) => void this.kept.push(commit);
  isWhole = async (_app: string, commit: string) => this.kept.includes(commit);
  setAside = async () => undefined;
  putBack = async () => undefined;
  continues = async () => true;
  setBranch = async (app: string, branch: string, commit: string) => void this.branches.set(`${app} ${branch}`, commit);
}

/** Dynos and images of a world, as made under its own store; `things` are further ones. */
class FakeInventory implements EngineInventory {
  readonly things: Thing[] = [];
  readonly releases = new Map<string, Release>();
  readonly #scheduler: FakeScheduler;
  readonly #images: FakeImageStore;
  readonly #stamp: Stamp;

  constructor(scheduler: FakeScheduler, images: FakeImageStore, store: Store) {
    this.#scheduler = scheduler;
    this.#images = images;
    this.#stamp = store.read((view) => view.lineage.own());
  }

  async list(): Promise<Thing[]> {
    const stamp = this.#stamp;
    const dynos = (await this.#scheduler.list()).map((dyno): Thing => {
      const { id, app, release } = dyno;
      return { kind: "dyno", id, app, release, dyno: dynoName(dyno), stamp };
    });
    const images = (await this.#images.list()).map((id): Thing => ({ kind: "image", id, stamp }));
    const given = new Set(this.things.map(({ id }) => id));
    return [...[...dynos, ...images].filter(({ id }) => !given.has(id)), ...this.things];
  }

  async remove(thing: Thing): Promise<void> {
    if (thing.kind === "image") await this.#images.remove(thing.id);
    const index = this.things.findIndex(({ kind, id }) => kind === thing.kind && id === thing.id);
    if (index !== -1) this.things.splice(index, 1);
  }

  releaseOf = async (id: string) => this.releases.get(id);
}

export interface World {
  readonly operations: Operations;
  readonly context: Context;
  readonly scheduler: FakeScheduler;
  readonly builder: FakeBuilder;
  readonly images: FakeImageStore;
  readonly inventory: FakeInventory;
  readonly publisher: RecordingPublisher;
  readonly repositories: FakeRepositories;
  /** Where the router's workers would write. */
  readonly accessLogs: string;
  /** The router's workers count this, and a second passes for them. */
  count(app: string, traffic: Traffic): void;
  /** Everything that the last jobs told, one line each. */
  readonly told: string[];
  /** Bytes that are free. */
  readonly disk: { free: number };
  /** The daemon is told to stop. */
  stop(): void;
  job(signal?: AbortSignal): Job;
  deploy(app: string, commit?: string): Promise<Deployed>;
}

/** Operations on a memory store and dynos that are no containers. Cleans up with the test. */
export async function createWorld(
  test: TestContext,
  settings: Partial<OperationSettings> = {},
  fakes: { acme?: Issuer; now?: () => number; generation?: NotedGeneration } = {},
): Promise<World> {
  const logger = await createLogger("silent", false);
  const scheduler = new FakeScheduler();
  const images = new FakeImageStore();
  const builder = new FakeBuilder(images);
  const publisher = new RecordingPublisher();
  const store = createMemoryStore();
  const inventory = new FakeInventory(scheduler, images, store);
  const repositories = new FakeRepositories();
  const stopping = new AbortController();
  let traffic: TrafficSnapshot = { at: Date.now(), totals: new Map(), open: new Map(), workers: 2 };
  const lastRoutes: AppRoutes[] = [];
  const disk = { free: 2 ** 40 };
  const accessLogs = await mkdtemp(join(tmpdir(), "berth-world-"));
  const shared = new SharedPublisher(publisher, logger);
  const context: Context = {
    store,
    scheduler,
    builders: [builder],
    images,
    issuers: { selfSigned: createSelfSignedIssuer(Date.now), acme: fakes.acme ?? createSelfSignedIssuer(Date.now) },
    issuing: new Set(),
    publisher: shared,
    foreign: shared,
    pages: new FakePages(),
    traffic: { snapshot: async () => traffic },
    routerLogs: createAccessLogFiles(accessLogs),
    repositories,
    download: () => Promise.reject(new Error("a world has no network")),
    scratch: "/nonexistent",
    inventory: [inventory],
    engineInventory: inventory,
    safeMode: new SafeMode(fakes.generation ?? { found: undefined, follow: () => undefined }),
    lastRoutes: {
      read: async () => [...lastRoutes],
      write: async (apps) => void lastRoutes.splice(0, lastRoutes.length, ...apps),
    },
    gitCredentials: createHostCredentials({ folder: join(accessLogs, "git"), searchPath: defaultSearchPath }),
    logger,
    settings: {
      domain: "berth.test",
      httpPort: 80,
      httpsPort: 443,
      hasDnsHook: false,
      healthTimeoutMs: 1_000,
      settleMs: 100,
      drainTimeoutMs: 1_000,
      stopTimeoutSeconds: 1,
      buildTimeoutMs: 5_000,
      buildCpus: 1.5,
      buildMemoryBytes: 2 ** 30,
      minFreeDiskBytes: 2 ** 30,
      keepReleases: 3,
      deployBranch: undefined,
      ...settings,
    },
    locks: new AppLocks(Date.now),
    inService: new InService(),
    oneOffs: new OneOffs(),
    background: new Background(logger),
    buildQueue: new BuildQueue(1),
    freeDiskBytes: async () => disk.free,
    retiring: new Set(),
    stopping: stopping.signal,
    probe: acceptsConnections,
    now: fakes.now ?? Date.now,
  };
  const operations = createOperations(context);
  const told: string[] = [];
  const say = (kind: string) => (text: string) => void told.push(`${kind} ${text}`);
  const progress = {
    step: say("step"),
    headline: say("headline"),
    detail: say("detail"),
    warn: say("warn"),
    line: say("line"),
  };
  test.after(async () => {
    await context.background.idle();
    await scheduler.dispose();
    await rm(accessLogs, { recursive: true, force: true });
  });
  const job = (signal = new AbortController().signal): Job => ({ progress, signal, actor: "alice" });
  return {
    operations,
    context,
    scheduler,
    builder,
    images,
    inventory,
    publisher,
    repositories,
    accessLogs,
    count: (app, counted) => {
      const totals = new Map(traffic.totals).set(app, sumOf(traffic.totals.get(app) ?? noTraffic, counted));
      traffic = { ...traffic, at: traffic.at + 1_000, totals };
    },
    told,
    disk,
    stop: () => stopping.abort(new Error("Berth is being stopped")),
    job,
    deploy: (app, commit) => operations.deploy({ app, source: fakeSource({ Procfile: "" }, commit) }, job()),
  };
}
