import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createBuildpackBuilder } from "./builders/buildpack/create-builder.ts";
import { createDockerfileBuilder } from "./builders/dockerfile/create-builder.ts";
import { createComposeBuilder } from "./builders/dockerfile/create-compose-builder.ts";
import { createHerokuBuilder } from "./builders/dockerfile/create-heroku-builder.ts";
import { createAcmeIssuer } from "./certificates/acme/create-issuer.ts";
import { createDnsHook } from "./certificates/dns-hook.ts";
import type { Solver } from "./certificates/issuer.ts";
import { createSelfSignedIssuer } from "./certificates/self-signed/create-issuer.ts";
import { createCommandServer } from "./cli/server.ts";
import { createExecute } from "./commands/execute.ts";
import { loadInstanceId } from "./config/instance.ts";
import { outboundEnvironment } from "./config/outbound.ts";
import { type Paths, pathsBelow } from "./config/paths.ts";
import type { Settings } from "./config/schema.ts";
import { version } from "./config/version.ts";
import { createFileInventory } from "./daemon/file-inventory.ts";
import { BuildGuard, withGuardedBuilds } from "./daemon/guard-builds.ts";
import { createFirewall, keptPid } from "./daemon/keep.ts";
import { createLastRoutes } from "./daemon/last-routes.ts";
import { leaveSilentEngine } from "./daemon/leave-engine.ts";
import { openStore, rememberedInstance, rememberInstance } from "./daemon/open-store.ts";
import { chosenPorts, orPortError, type Ports } from "./daemon/ports.ts";
import { limitsIn, lowerOomScore } from "./daemon/resources.ts";
import { surviveBugs, toldToStop } from "./daemon/signals.ts";
import { createDockerEngine } from "./docker/create-engine.ts";
import { createEngineInventory } from "./docker/engine-inventory.ts";
import { freeDisk } from "./docker/free-disk.ts";
import { createImageStore } from "./docker/image-store.ts";
import { KeptNetwork, withNetworkRepair } from "./docker/kept-network.ts";
import { type BerthNetwork, ensureNetwork } from "./docker/network.ts";
import { stampedEngine } from "./docker/stamped-engine.ts";
import { ForeignContainers } from "./foreign/foreign-containers.ts";
import { createRepositories } from "./git/bare-repositories.ts";
import { createBuildpackLibrary } from "./git/buildpacks/library.ts";
import { defaultSearchPath } from "./git/git.ts";
import { createGitService } from "./git/git-service.ts";
import { createHostCredentials, credentialEnvironment } from "./git/host-credentials.ts";
import { createRepositoryInventory } from "./git/repository-inventory.ts";
import { collectAtRest } from "./lib/collect-at-rest.ts";
import { openDownload } from "./lib/download.ts";
import { claimFolder } from "./lib/exclusive.ts";
import { freePort } from "./lib/free-port.ts";
import { contains, parseAddress, parseSubnet } from "./lib/ipv4.ts";
import { Keeper } from "./lib/keeper.ts";
import { createLogger, type Logger } from "./lib/logger.ts";
import { acceptsConnections } from "./lib/tcp-probe.ts";
import { UserError } from "./model/errors.ts";
import { AppLocks } from "./operations/app-locks.ts";
import { Background } from "./operations/background.ts";
import { BuildQueue } from "./operations/build-queue.ts";
import type { Context, OperationSettings } from "./operations/context.ts";
import { createOperations } from "./operations/create-operations.ts";
import { InService } from "./operations/in-service.ts";
import { publishManualRoutes } from "./operations/manual-routes.ts";
import { OneOffs } from "./operations/one-offs.ts";
import { recordTraffic } from "./operations/record-traffic.ts";
import { prepareWork } from "./reconciler/begin.ts";
import { CertificateKeeper } from "./reconciler/certificate-keeper.ts";
import { CertificateRenewals } from "./reconciler/certificate-renewals.ts";
import { Reconciler } from "./reconciler/reconciler.ts";
import { createAccessLogFiles } from "./routing/access-log-files.ts";
import { createPageFiles } from "./routing/page-files.ts";
import { proxiesEntry } from "./routing/proxies-entry.ts";
import { reloadOnHangup } from "./routing/reload.ts";
import { createRouteServer, type RouteServer } from "./routing/route-server.ts";
import { SharedPublisher } from "./routing/shared-publisher.ts";
import { createSupervisor, type Supervisor } from "./routing/supervisor.ts";
import { createTrafficKeeper } from "./routing/traffic-keeper.ts";
import type { TrafficSource } from "./routing/traffic-source.ts";
import { routerFlags } from "./routing/worker-process.ts";
import { createDockerLocalScheduler } from "./schedulers/docker-local/create-scheduler.ts";
import { connectionLimits } from "./ssh/limits.ts";
import { createSshServer } from "./ssh/server.ts";

/** What is undone when the daemon ends: the latest first. */
type Undo = (work: () => Promise<void> | void) => void;

/**
 * Runs the daemon until SIGTERM or SIGINT. Rejects with a UserError when it cannot start. Apps and router workers are not
 * its children in that sense: they go on when it ends.
 */
export async function runDaemon(settings: Settings, reload: () => Promise<Settings>): Promise<void> {
  const pretty = settings.logFormat === "pretty" || (settings.logFormat === "auto" && process.stderr.isTTY);
  const logger = await createLogger(settings.logLevel, pretty);
  surviveBugs(logger);
  await lowerOomScore(logger);
  const undos: (() => Promise<void> | void)[] = [];
  // Asked before anything is started: a signal in the middle of the start is not lost.
  const told = toldToStop();
  const stopping = new AbortController();
  try {
    await start(settings, logger, (work) => undos.push(work), { stopping: stopping.signal, reload });
    logger.info({ signal: await told }, "stopping");
  } finally {
    stopping.abort(new UserError("stopping", "Berth is being stopped", { hint: "What runs goes on running" }));
    for (const undo of undos.reverse()) {
      // One that fails must not keep the others from ending, the store above all.
      await Promise.try(undo).catch((error: unknown) => logger.error({ err: error }, "bug: stopping a part failed"));
    }
  }
  logger.info("stopped");
}

interface Asked {
  readonly stopping: AbortSignal;
  readonly reload: () => Promise<Settings>;
}

async function start(settings: Settings, logger: Logger, undo: Undo, { stopping, reload }: Asked): Promise<void> {
  const paths = pathsBelow(settings.root);
  await prepareRoot(paths, undo);
  const { store, takeStamp, safeMode } = openStore(paths, undo);
  const instance = await loadInstanceId(paths.instanceId, rememberedInstance(store));
  const quit = new AbortController();
  const docker = stampedEngine(createDockerEngine({ socketPath: settings.dockerSocket, quit: quit.signal }), takeStamp);
  const network = await ensureNetwork(docker, instance);
  let hasBegun = false;
  const keptNetwork = new KeptNetwork({ engine: docker, instance, network, mayReplace: () => hasBegun, logger });
  const guard = new BuildGuard({
    changed: () => keeper.round("debug"),
    containers: (signal) => docker.events({ labels: {}, since: Date.now() }, signal),
  });
  const engine = withGuardedBuilds(
    withNetworkRepair(docker, () => keptNetwork.make()),
    network,
    guard,
  );

  const publisher = createRouteServer({
    socketPath: paths.routesSocket,
    snapshot: paths.routesSnapshot,
    acknowledgeTimeoutMs: 5_000,
    logger,
  });
  await publisher.start();
  undo(() => publisher.stop());
  await publisher.put([proxiesEntry(settings.trustedProxies)]);
  undo(reloadOnHangup({ settings, reload, publisher, logger }));
  const shared = new SharedPublisher(publisher, logger);
  // Known before the router starts, which would stay behind when the rest cannot.
  await orPortError(freePort(settings.sshHost, settings.sshPort), settings);
  const ports = await chosenPorts(settings);
  const firewall = createFirewall({
    ...{ settings, engine, instance, network, guard, logger },
    routerPorts: [ports.http, ports.https],
  });

  const traffic = createTrafficKeeper({
    server: publisher,
    file: paths.trafficTotals,
    onSample: (now, before) => recordTraffic(store, now, before),
    logger,
  });
  await traffic.start();
  undo(() => traffic.stop());

  const background = new Background(logger);
  const scheduler = createDockerLocalScheduler({
    ...{ engine, instance, network, logger },
    settings: { caFile: settings.caInApps === "yes" ? settings.caFile : undefined, limits: await limitsIn(settings) },
  });
  const imageBuilds = { engine, instance, buildNetwork: settings };
  const git = {
    environment: outboundEnvironment(settings),
    credentials: credentialEnvironment(paths.gitCredentials),
    mirrors: settings.gitMirrors,
  };
  const library = createBuildpackLibrary({ folder: paths.buildpacks, caFile: settings.caFile, ...git });
  const builder = createBuildpackBuilder({
    ...settings,
    buildNetwork: settings,
    library,
    buildpackChoice: { official: settings.officialBuildpacks, detection: settings.buildpackDetection },
    engine,
    instance,
    network,
    logger,
  });
  const repositories = createRepositories({ folder: paths.repositories, logger, takeStamp, ...git });
  const engineInventory = createEngineInventory({ engine, instance });
  const context: Context = {
    store,
    scheduler,
    builders: [
      createHerokuBuilder(imageBuilds),
      createDockerfileBuilder(imageBuilds),
      createComposeBuilder(imageBuilds),
      builder,
    ],
    images: createImageStore({ engine, instance }),
    issuers: {
      selfSigned: createSelfSignedIssuer(Date.now),
      acme: createAcmeIssuer({ folder: paths.acme, solver: createSolver(settings, publisher), now: Date.now }),
    },
    issuing: new Set(),
    publisher: shared,
    foreign: shared,
    pages: createPageFiles(paths.errorPages),
    traffic,
    routerLogs: createAccessLogFiles(paths.accessLogs),
    repositories,
    engineInventory,
    inventory: [
      engineInventory,
      createRepositoryInventory({ folder: paths.repositories, repositories }),
      createFileInventory(paths),
    ],
    safeMode,
    lastRoutes: createLastRoutes(paths.routesSnapshot),
    download: (address, signal) =>
      openDownload(address, { proxies: outboundEnvironment(settings), caFile: settings.caFile, signal }),
    scratch: paths.scratch,
    gitCredentials: createHostCredentials({ folder: paths.gitCredentials, searchPath: defaultSearchPath }),
    logger,
    settings: operationSettings(settings, ports),
    locks: new AppLocks(Date.now),
    inService: new InService(),
    oneOffs: new OneOffs(),
    stopping,
    background,
    buildQueue: new BuildQueue(settings.buildsAtOnce),
    freeDiskBytes: () => freeDisk(engine, paths.root),
    retiring: new Set(),
    probe: acceptsConnections,
    now: Date.now,
  };
  const operations = createOperations(context);
  const execute = createExecute({ operations, logger, version });
  const commands = createCommandServer({ socketPath: paths.commandSocket, execute, logger });
  undo(async () => {
    await background.idle();
    await builder.settled();
  });

  const keeper = new Keeper({
    things: {
      network: keptNetwork,
      firewall,
      "daemon.pid": keptPid(paths),
      "routes.sock": publisher.socket,
      "routes.json": publisher.snapshot,
      "command.sock": commands.socket,
    },
    everyMs: 15_000,
    logger,
  });
  undo(() => keeper.stop());
  // Before anything of an app starts.
  await keeper.start();
  const memory = collectAtRest({ thorough: true });
  undo(() => memory.stop());
  const certificates = new CertificateKeeper(context);
  // Before the first table, which refers to them.
  await certificates.start();
  undo(() => certificates.stop());
  const reconciler = new Reconciler(context);
  undo(() => reconciler.stop());
  const supervisor = createRouterSupervisor(settings, { paths, ports, publisher, logger });
  undo(() => supervisor.stop());
  const foreign = new ForeignContainers({ engine, table: shared, logger });
  undo(() => foreign.stop());
  // Before the first table, or the router would lose what it leads to them.
  await Promise.all([publishManualRoutes(context), foreign.start()]);
  const renewals = new CertificateRenewals(context);
  undo(() => renewals.stop());
  const work = {
    start: async () => {
      rememberInstance(store, instance);
      hasBegun = true;
      await reconciler.start();
      renewals.start();
    },
  };
  // Workers that start now must have what is served in safe mode.
  const begin = await prepareWork(context, work);
  await Promise.all([supervisor.start(), begin()]);
  if (!safeMode.isOn) await supervisor.ready;

  await commands.start();
  const ssh = createSshServer({
    host: settings.sshHost,
    port: settings.sshPort,
    hostKeyFolder: paths.hostKeys,
    limits: {
      loginAttempts: settings.sshLoginAttempts,
      loginGraceSeconds: settings.sshLoginTimeout / 1000,
      ...connectionLimits(settings.sshConnections),
      idleSeconds: settings.sshIdleTimeout / 1000,
    },
    authenticate: (fingerprint) => store.read((view) => view.keys.byFingerprint(fingerprint)),
    execute,
    git: createGitService({ repositories, operations, receiver: paths.receiver, logger, ...git }),
    refuse: refuseDynos(network),
    logger,
  });
  // The doors close together: each gives what it runs the same time to end.
  undo(async () => {
    await Promise.all([ssh.stop(settings.shutdownTimeout), commands.stop(settings.shutdownTimeout)]);
  });
  // The last to be registered is the first to run.
  undo(() => leaveSilentEngine(docker, quit, logger));
  const sshAddress = await orPortError(ssh.start(), settings);
  const http = { host: settings.httpHost, port: ports.http, httpsPort: ports.https };
  if (settings.metricsPort !== undefined) await startMetrics(settings.metricsPort, { traffic, logger, undo });
  logger.info({ ssh: sshAddress, http, root: settings.root, domain: settings.domain }, "ready");
}

interface MetricsParts {
  readonly traffic: TrafficSource;
  readonly logger: Logger;
  readonly undo: Undo;
}

/** Beside the point of a daemon: one that cannot open the port works on. */
async function startMetrics(port: number, { traffic, logger, undo }: MetricsParts): Promise<void> {
  const { createMetricsServer } = await import("./http/metrics-server.ts");
  const server = createMetricsServer({ port, traffic, logger });
  try {
    logger.info({ port: await server.start() }, "metrics at 127.0.0.1");
    undo(() => server.stop());
  } catch (error) {
    logger.error({ err: error, port }, "metrics port cannot be opened");
  }
}

/** The root is ours alone, and only one daemon's. */
async function prepareRoot(paths: Paths, undo: Undo): Promise<void> {
  try {
    for (const folder of [paths.root, paths.run, paths.repositories]) await mkdir(folder, { recursive: true });
    await chmod(paths.root, 0o700);
  } catch (error) {
    throw new UserError("root-unusable", `The root ${paths.root} cannot be used: ${(error as Error).message}`, {
      hint: "Give another one with --root, or make it writable for the user that runs Berth",
    });
  }
  const claim = await claimFolder(paths.root);
  if (claim === undefined) {
    throw new UserError("already-running", `Berth already runs on ${paths.root}`, {
      hint: "Stop that one first, or give this one a root of its own with --root",
    });
  }
  undo(() => claim.release());
  // What a daemon that was killed had begun to unpack.
  await rm(paths.scratch, { recursive: true, force: true });
  await writeFile(paths.daemonLock, `${process.pid}\n`);
}

function createSolver({ dnsHook }: Settings, publisher: RouteServer): Solver {
  return {
    present: (entry) => publisher.put([entry]),
    withdraw: (id) => publisher.drop([id]),
    dns: dnsHook === undefined ? undefined : createDnsHook(dnsHook),
  };
}

function operationSettings(settings: Settings, ports: Ports): OperationSettings {
  return {
    domain: settings.domain,
    httpPort: ports.http,
    httpsPort: ports.https,
    hasDnsHook: settings.dnsHook !== undefined,
    healthTimeoutMs: settings.healthTimeout,
    settleMs: 2_000,
    drainTimeoutMs: settings.drainTimeout,
    stopTimeoutSeconds: Math.ceil(settings.stopTimeout / 1000),
    buildTimeoutMs: settings.buildTimeout,
    buildCpus: settings.buildCpus,
    buildMemoryBytes: settings.buildMemory,
    minFreeDiskBytes: settings.minFreeDisk,
    keepReleases: settings.keepReleases,
    deployBranch: settings.deployBranch,
  };
}

interface RouterParts {
  readonly paths: Paths;
  readonly ports: Ports;
  readonly publisher: RouteServer;
  readonly logger: Logger;
}

function createRouterSupervisor(settings: Settings, { paths, ports, publisher, logger }: RouterParts): Supervisor {
  return createSupervisor({
    program: [process.execPath, ...routerFlags, join(import.meta.dirname, "main.ts")],
    root: paths.root,
    http: { port: ports.http, host: settings.httpHost },
    httpsPort: ports.https,
    options: proxyOptions(settings),
    logFile: paths.routerLog,
    compileCache: paths.compileCache,
    workers: settings.routerWorkers,
    server: publisher,
    graceMs: settings.drainTimeout,
    logger,
  });
}

/** What lies before the router. */
function proxyOptions({ proxyProtocol }: Settings): string[] {
  return proxyProtocol === "on" ? ["--proxy-protocol"] : [];
}

/** Apps must not reach the daemon, also on a machine whose firewall is not ours to set. */
function refuseDynos(network: BerthNetwork): (remoteAddress: string) => boolean {
  return (remoteAddress) => {
    const subnet = parseSubnet(network.subnet);
    const address = parseAddress(remoteAddress);
    // The bridge's own address is the host's.
    if (subnet === undefined || address === undefined || remoteAddress === network.gateway) return false;
    return contains(subnet, address);
  };
}
