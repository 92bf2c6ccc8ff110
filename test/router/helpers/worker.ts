import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pino from "pino";
import { freePort } from "../../../src/lib/free-port.ts";
import type { RouterEntry } from "../../../src/model/certificate.ts";
import type { AppRoutes } from "../../../src/model/route.ts";
import { defaultLimits, type Limits, type WorkerOptions } from "../../../src/router/options.ts";
import { proxiesEntry } from "../../../src/routing/proxies-entry.ts";
import { createRouteServer, type RouteServer } from "../../../src/routing/route-server.ts";
import { type CleanUp, cleanUp } from "./clean-up.ts";

export const silent = pino({ level: "silent" });

export async function temporaryFolder(t: CleanUp): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "berth-router-"));
  cleanUp(t, () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** One worker process of a test, with the files it uses. */
export class TestWorker {
  readonly port: number;
  readonly folder: string;
  readonly child: ChildProcess;
  readonly log: { msg: string; [field: string]: unknown }[] = [];
  #wake: (() => void) | undefined;

  constructor(options: WorkerOptions, folder: string, openFiles?: number) {
    this.port = options.http.port;
    this.folder = folder;
    const entry = join(import.meta.dirname, "worker-entry.ts");
    const limited = openFiles === undefined ? [] : ["prlimit", `--nofile=${openFiles}`];
    const [program = "", ...args] = [...limited, process.execPath, "--expose-gc", entry, JSON.stringify(options)];
    this.child = spawn(program, args, {
      stdio: ["ignore", "inherit", "pipe"],
    });
    createInterface({ input: this.child.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      this.log.push(line.startsWith("{") ? JSON.parse(line) : { msg: line });
      this.#wake?.();
    });
  }

  /** Resolves once the worker's log has such a line. */
  async said(message: string): Promise<void> {
    while (!this.log.some(({ msg }) => msg === message)) {
      if (this.child.exitCode !== null) {
        throw new Error(`worker ended with ${this.child.exitCode}: ${JSON.stringify(this.log)}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.child.once("exit", () => resolve());
      });
    }
  }

  /** In bytes, after a collection. */
  async memory(): Promise<number> {
    const readings = () => this.log.filter(({ msg }) => msg === "memory");
    const before = readings().length;
    this.child.kill("SIGUSR2");
    while (readings().length === before) {
      if (this.child.exitCode !== null) throw new Error("worker ended");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return Number(readings().at(-1)?.bytes);
  }

  async descriptors(): Promise<number> {
    return (await readdir(`/proc/${this.child.pid}/fd`)).length;
  }

  async accessLines(): Promise<string[]> {
    const text = await readFile(join(this.folder, "access.log"), "utf8");
    return text.trimEnd().split("\n");
  }

  /** Resolves once a line of the access log, which is written in batches, is like that. */
  async logged(line: RegExp): Promise<void> {
    for (let lines: string[] = []; !lines.some((each) => line.test(each)); ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      lines = await this.accessLines().catch(() => []);
    }
  }

  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill(signal);
    await ended;
  }
}

export interface WorkerSetup {
  readonly apps?: readonly AppRoutes[];
  readonly limits?: Partial<Limits>;
  readonly folder?: string;
  readonly port?: number;
  /** Port for TLS; without it there is none. */
  readonly https?: number;
  readonly entries?: readonly RouterEntry[];
  readonly worker?: number;
  readonly trustedProxies?: readonly string[];
  readonly proxyProtocol?: boolean;
  /** How many file descriptors the worker may have. */
  readonly openFiles?: number;
}

/** A worker that has read these routes from its snapshot and listens; no daemon is there. */
export async function startWorker(t: CleanUp, setup: WorkerSetup = {}): Promise<TestWorker> {
  const folder = setup.folder ?? (await temporaryFolder(t));
  if (setup.apps !== undefined) {
    await writeFile(
      join(folder, "routes.json"),
      JSON.stringify({ revision: 1, apps: setup.apps, entries: entriesOf(setup) }),
    );
  }
  const number = setup.worker ?? 1;
  const worker = new TestWorker(
    {
      worker: number,
      http: { port: setup.port ?? (await freePort("127.0.0.1")), host: "127.0.0.1" },
      https: setup.https === undefined ? undefined : { port: setup.https, host: "127.0.0.1" },
      routesSocket: join(folder, "routes.sock"),
      snapshot: join(folder, "routes.json"),
      pidFile: join(folder, `router-${number}.pid`),
      errorPages: join(folder, "error-pages"),
      scratch: join(folder, "tmp"),
      fingerprint: "test",
      log: undefined,
      accessLog: { file: join(folder, "access.log") },
      limits: { ...defaultLimits, ...setup.limits },
      proxyProtocol: setup.proxyProtocol === true,
    },
    folder,
    setup.openFiles,
  );
  cleanUp(t, () => worker.end());
  await worker.said("listening");
  return worker;
}

function entriesOf({ entries = [], trustedProxies }: WorkerSetup): RouterEntry[] {
  return trustedProxies === undefined ? [...entries] : [...entries, proxiesEntry(trustedProxies.join(","))];
}

/** The daemon's side of the routes socket in this folder. */
export async function startRouteServer(t: CleanUp, folder: string): Promise<RouteServer> {
  const server = createRouteServer({
    socketPath: join(folder, "routes.sock"),
    snapshot: join(folder, "routes.json"),
    acknowledgeTimeoutMs: 2_000,
    logger: silent,
  });
  await server.start();
  cleanUp(t, () => server.stop());
  return server;
}
