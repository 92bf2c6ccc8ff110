import { mkdir, readFile, rm } from "node:fs/promises";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import { collectAtRest } from "../lib/collect-at-rest.ts";
import { type RouteTable, type TrafficReport, workerExit } from "../model/route.ts";
import { AccessLog, type AccessLogSink } from "./access-log.ts";
import { AppLogs } from "./app-logs.ts";
import { Balancer } from "./balancer.ts";
import { Descriptors } from "./descriptors.ts";
import { Drains } from "./drains.ts";
import { DynoUpstream } from "./dyno-upstream.ts";
import { Entries } from "./entries.ts";
import { ErrorPages } from "./error-pages.ts";
import { RouteFollower } from "./follow-routes.ts";
import { Front } from "./front.ts";
import { H2cUpstream } from "./h2c/h2c-upstream.ts";
import { fileSink, stderrSink, stdoutSink } from "./log-file.ts";
import type { WorkerOptions } from "./options.ts";
import { Routes } from "./route-table.ts";
import type { RouterState } from "./router-state.ts";
import { readSnapshot, SnapshotWriter } from "./snapshot.ts";
import { SwitchMaker } from "./switches/switch-maker.ts";
import { SecureContexts } from "./tls/contexts.ts";
import { TrafficCounters } from "./traffic-counters.ts";
import { type WorkerLog, workerLog } from "./worker-log.ts";

// How long a worker that starts waits for the daemon's table before it goes on with the one on disk.
const firstTableMs = 300;
// Clients that keep a connection without using it get this long to use it once more while the worker retires.
const retireIdleMs = 3_000;
const lastMs = 3_000;

/** Runs one router worker until it is told to end. Resolves with the exit code of the process. */
export async function runWorker(options: WorkerOptions): Promise<number> {
  const sink = options.log === undefined ? stderrSink() : fileSink(options.log, () => undefined);
  const log = workerLog(sink, options.worker);
  process.on("uncaughtException", (error) => log.error({ err: error }, "bug: uncaught exception"));
  process.on("unhandledRejection", (error) => log.error({ err: error }, "bug: unhandled rejection"));
  const access = new AccessLog(await accessSink(options, log));
  try {
    return await new Worker(options, log, access).run();
  } catch (error) {
    log.error({ err: error }, "bug: worker cannot work");
    return workerExit.failed;
  } finally {
    // A full disk may refuse the last lines.
    await Promise.allSettled([access.close(), sink.close()]);
  }
}

class Worker {
  readonly #options: WorkerOptions;
  readonly #log: WorkerLog;
  readonly #router: RouterState;
  readonly #front: Front;
  readonly #follower: RouteFollower;
  readonly #snapshot: SnapshotWriter;
  readonly #ended = new AbortController();
  readonly #since = Date.now();
  #listening = false;
  #retire: (graceMs: number) => void = () => undefined;

  constructor(options: WorkerOptions, log: WorkerLog, accessLog: AccessLog) {
    const { limits } = options;
    const balancer = new Balancer(limits.asideMs, (target) => {
      upstream.forget(target);
      h2c.forget(target);
      drains.onIdle(target);
    });
    const descriptors = new Descriptors(log);
    const upstream = new DynoUpstream(limits.dynoKeepAliveMs, descriptors);
    const h2c = new H2cUpstream();
    const drains = new Drains(balancer, (target) => this.#follower.send({ type: "drained", target }));
    const entries = new Entries();
    const routes = new Routes(balancer, limits, entries, new SwitchMaker(log));
    const contexts = new SecureContexts(entries, (host) => routes.appsOf(host), log);
    this.#options = options;
    this.#log = log;
    this.#router = {
      routes,
      entries,
      contexts,
      httpsPort: options.https?.port,
      balancer,
      upstream,
      h2c,
      accessLog,
      pages: new ErrorPages(options.errorPages, log),
      traffic: new TrafficCounters(),
      log,
      descriptors,
      limits,
      get trusted() {
        return entries.trusted;
      },
      proxyProtocol: options.proxyProtocol,
      scratch: options.scratch,
      retiring: false,
    };
    this.#front = new Front(this.#router);
    this.#snapshot = new SnapshotWriter(options.snapshot, () => routes.toTable(), log);
    this.#follower = new RouteFollower({
      socketPath: options.routesSocket,
      routes,
      log,
      signal: this.#ended.signal,
      commands: {
        onDrain: (target, upgradesMs) => drains.ask(target, upgradesMs),
        onRetire: (graceMs) => this.#retireWithin(graceMs),
        onReport: (id, all) => this.#follower.send(this.#report(id, all)),
      },
      // A worker that greets listens: the daemon retires its predecessor then.
      hello: () => (this.#listening ? this.#hello() : undefined),
      onApplied: () => this.#snapshot.save(),
    });
  }

  async run(): Promise<number> {
    const retired = new Promise<number>((resolve) => {
      this.#retire = resolve;
    });
    process.on("SIGTERM", () => this.#retireWithin(this.#options.limits.graceMs));
    // These come from the terminal of a daemon in the foreground, and are meant for it.
    process.on("SIGHUP", ignore);
    process.on("SIGINT", ignore);
    const memory = collectAtRest({ once: true });
    const following = this.#start();
    const exitCode = await following.listening;
    if (exitCode === undefined) await this.#end(await retired);
    // Where one port is taken, the other one may be open by now.
    else await this.#front.retire(0, 0);
    memory.stop();
    // The daemon goes on counting from here.
    this.#follower.send(this.#report(0, false));
    this.#ended.abort();
    await following.routes;
    await this.#snapshot.settled();
    this.#router.upstream.close();
    this.#router.h2c.close();
    return exitCode ?? 0;
  }

  #start(): { listening: Promise<number | undefined>; routes: Promise<void> } {
    let routes: Promise<void> = Promise.resolve();
    const listening = (async () => {
      const table = await readSnapshot(this.#options.snapshot, this.#log);
      if (table !== undefined) this.#replace(table);
      routes = this.#follower.run();
      await Promise.race([this.#follower.firstTry, timeout(firstTableMs)]);
      return this.#listen();
    })();
    return { listening, routes: listening.then(() => routes) };
  }

  /** The file is the last thing that may keep the router from starting: the daemon will tell its table anew. */
  #replace(table: RouteTable): void {
    try {
      this.#router.routes.replace(table);
    } catch (error) {
      this.#log.error(
        { err: error, path: this.#options.snapshot },
        "cannot use snapshot, waiting for the daemon's table",
      );
      this.#router.routes.replace({ revision: 0, apps: [] });
    }
  }

  /** Resolves with an exit code where it fails. */
  async #listen(): Promise<number | undefined> {
    const { http, https, pidFile } = this.#options;
    try {
      await this.#front.listen(http, https);
    } catch (error) {
      this.#log.error({ err: error, http, https }, "cannot listen");
      const { code, port } = error as NodeJS.ErrnoException & { port?: number };
      const isTaken = code === "EADDRINUSE";
      if (port !== https?.port) return isTaken ? workerExit.portInUse : workerExit.cannotListen;
      return isTaken ? workerExit.securePortInUse : workerExit.cannotListenSecurely;
    }
    this.#listening = true;
    // For people: the daemon knows its workers without. On a disk that is full, requests are served all the same.
    await writeFileAtomically(pidFile, `${process.pid}\n`).catch((error: unknown) => {
      this.#log.warn({ err: error, path: pidFile }, "cannot write pid file");
    });
    this.#log.info({ ...http, httpsPort: https?.port, revision: this.#router.routes.revision }, "listening");
    this.#follower.send(this.#hello());
    return undefined;
  }

  /** Whatever this worker waits for then, the process ends. */
  #retireWithin(graceMs: number): void {
    this.#retire(graceMs);
    setTimeout(() => process.exit(workerExit.failed), graceMs + lastMs).unref();
  }

  async #end(graceMs: number): Promise<void> {
    this.#log.info({ graceMs }, "retiring");
    await this.#front.retire(retireIdleMs, graceMs);
    const owner = await readFile(this.#options.pidFile, "utf8").catch(() => "");
    // The worker that takes over has written its own by now.
    if (Number(owner) === process.pid) await rm(this.#options.pidFile, { force: true }).catch(ignore);
    this.#log.info({}, "retired");
  }

  #hello() {
    const { worker, fingerprint } = this.#options;
    return { type: "hello", pid: process.pid, worker, fingerprint } as const;
  }

  #report(id: number, all: boolean): TrafficReport {
    const { traffic, routes } = this.#router;
    return { type: "traffic", id, pid: process.pid, since: this.#since, ...traffic.report(routes, all) };
  }
}

async function accessSink({ accessLog, worker }: WorkerOptions, log: WorkerLog): Promise<AccessLogSink | undefined> {
  const onError = (error: unknown) => log.error({ err: error }, "cannot write access log");
  if (accessLog === "off") return undefined;
  if (accessLog === "stdout") return { kind: "all", sink: stdoutSink(onError) };
  if ("file" in accessLog) return { kind: "all", sink: fileSink(accessLog.file, onError) };
  await mkdir(accessLog.folder, { recursive: true, mode: 0o750 }).catch(onError);
  return { kind: "apps", logs: new AppLogs(accessLog.folder, worker, onError) };
}

function ignore(): void {}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
