import type { ChildProcess } from "node:child_process";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { delay } from "../lib/delay.ts";
import type { Logger } from "../lib/logger.ts";
import { commandLine, isStopped, sendSignal } from "../lib/processes.ts";
import { UserError } from "../model/errors.ts";
import { workerExit } from "../model/route.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { portTrouble } from "./port-probe.ts";
import type { RouteServer } from "./route-server.ts";
import type { WorkerIdentity } from "./worker-connection.ts";
import { isWorker, runningWorkers, spawnWorker, type WorkerProgram, warmUp } from "./worker-process.ts";

export interface SupervisorOptions extends WorkerProgram {
  /** How many. */
  readonly workers: number;
  readonly server: RouteServer;
  /** How long a worker that is replaced may finish what is open on it. */
  readonly graceMs: number;
  /** How long a worker may take until it listens. 15 s by default. */
  readonly startTimeoutMs?: number;
  readonly logger: Logger;
}

/** What a worker is made of: where it changes, running workers are replaced. */
const workerCode = ["../router", "../lib"].concat(
  ["route", "certificate", "access-log", "traffic"].map((name) => `../model/${name}.ts`),
);
// A worker tries to reach the daemon twice a second; on a machine under load that takes its time.
const adoptMs = 10_000;
const startMs = 15_000;
const steadyMs = 10_000;
const lastBackoffMs = 10_000;
const lookMs = 100;
// How much longer than the time that it was given a worker may take to end before it is killed.
const lastMs = 5_000;
// One that is stopped (SIGSTOP) comes to nothing; one that only does not answer may have much to do.
const stoppedAfter = 2;
const hungAfter = 10;

interface Slot {
  readonly number: number;
  /** The worker that says it listens, with today's code and options. */
  serving: WorkerIdentity | undefined;
  servingSince: number;
  /** Pids of workers to dismiss once another one serves. */
  readonly outdated: Set<number>;
  launching: boolean;
  /** In a row, for the back-off. */
  failures: number;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  return new Supervisor(options);
}

/** Sees to it that the wanted number of router workers run. They outlive the daemon, and the next one adopts them. */
export class Supervisor {
  /** Resolves after `start` when every worker listens and has applied the table: routes may be published from then on. */
  readonly ready: Promise<void>;
  readonly #options: SupervisorOptions;
  readonly #slots: Slot[];
  readonly #stopped = new AbortController();
  readonly #greeted = new Map<number, () => void>();
  /** Those of this start, until it has succeeded. */
  readonly #spawned = new Set<ChildProcess>();
  /** Told to end, and killed if they do not. */
  readonly #leaving = new Set<number>();
  #fingerprint = "";
  #started = false;
  #resolveReady: () => void = () => undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, (_, index) => ({
      number: index + 1,
      serving: undefined,
      servingSince: 0,
      outdated: new Set<number>(),
      launching: false,
      failures: 0,
    }));
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
  }

  /** After the route server. Resolves when every worker listens; throws `port-in-use`, `port-forbidden`, `router-failed`. */
  async start(): Promise<void> {
    const { server, http, httpsPort, options, root } = this.#options;
    const code = workerCode.map((path) => join(import.meta.dirname, path));
    this.#fingerprint = await fingerprintOf(code, [process.version, JSON.stringify([root, http, httpsPort, options])]);
    server.watchWorkers({
      onHello: (worker) => this.#onHello(worker),
      onGone: (worker) => this.#onGone(worker),
      onSilent: (worker, unanswered) => void this.#onSilent(worker, unanswered).catch(this.#complain("bug: silence")),
    });
    const found = await this.#adopt();
    const missing = this.#slots.filter((slot) => slot.serving === undefined);
    try {
      if (missing.length > 0) {
        await this.#checkPorts([...found.keys()]);
        await this.#warmUp();
      }
      await Promise.all(missing.map((slot) => this.#launch(slot)));
    } catch (error) {
      this.#abandon();
      throw error;
    }
    this.#started = true;
    this.#spawned.clear();
    for (const [pid, worker] of found) if (!this.#isServing(pid)) this.#dismiss(pid, worker);
    const serving = () => this.#slots.map((slot) => slot.serving?.pid);
    server.settled(serving).then(this.#resolveReady, this.#complain("bug: settled"));
  }

  /** Workers go on. */
  stop(): void {
    this.#stopped.abort();
    this.#options.server.watchWorkers(undefined);
  }

  /** Ends all workers of this root, whether they are connected or not: each finishes what is open within the time. */
  async stopWorkers(graceMs: number): Promise<void> {
    this.stop();
    const all = await runningWorkers(this.#options.root);
    for (const pid of all.keys()) this.#tellToEnd(pid, graceMs);
    await Promise.all([...all].map(([pid, worker]) => this.#awaitEnd(pid, worker, graceMs + lastMs)));
  }

  /** The workers that a daemon before this one has left; resolves when they have said hello, or should have. */
  async #adopt(): Promise<Map<number, number>> {
    const { server, root } = this.#options;
    for (const worker of server.workers()) this.#onHello(worker);
    const found = await runningWorkers(root);
    for (const [pid, worker] of found) {
      if (!(await isStopped(pid))) continue;
      this.#kill(pid, worker, "is stopped");
      found.delete(pid);
    }
    const hasGreeted = (pid: number) => server.workers().some((worker) => worker.pid === pid);
    const deadline = Date.now() + adoptMs;
    while (![...found.keys()].every(hasGreeted) && Date.now() < deadline) await delay(lookMs, this.#stopped.signal);
    return found;
  }

  async #checkPorts(found: readonly number[]): Promise<void> {
    const { http, httpsPort } = this.#options;
    await this.#checkPort("--http-port", http.port, found);
    if (httpsPort !== undefined) await this.#checkPort("--https-port", httpsPort, found);
  }

  async #checkPort(flag: PortFlag, port: number, found: readonly number[]): Promise<void> {
    for (const pid of found) {
      const words = await commandLine(pid);
      // An old worker of ours holds the port, and shares it with its successor.
      if (words[words.indexOf(flag) + 1] === String(port)) return;
    }
    const trouble = await portTrouble(port, this.#options.http.host);
    if (trouble !== undefined) throw portError(flag, port, trouble);
  }

  /** The first workers with new code would keep the memory of node's type stripper for all their life. */
  async #warmUp(): Promise<void> {
    const { compileCache, program, logger } = this.#options;
    // The cache knows files by their path: an upgrade to another folder begins with an empty one.
    const start = ["main.ts", "cli/root-flag.ts", "config/paths.ts"].map((path) =>
      join(import.meta.dirname, "..", path),
    );
    const mark = join(compileCache, `router-${await fingerprintOf(start, [this.#fingerprint, ...program])}`);
    if (await exists(mark)) return;
    try {
      await mkdir(compileCache, { recursive: true });
      if (!(await warmUp(this.#options))) throw new Error("node failed");
      await writeFile(mark, "");
    } catch (error) {
      logger.warn({ err: error }, "the router's compile cache could not be filled: workers will need more memory");
    }
  }

  /** Resolves when the slot has a worker that listens. */
  async #launch(slot: Slot): Promise<void> {
    slot.launching = true;
    try {
      const child = spawnWorker(this.#options, slot.number, this.#fingerprint);
      if (!this.#started) this.#spawned.add(child);
      await this.#untilGreeted(child, slot.number);
      slot.failures = 0;
    } finally {
      slot.launching = false;
    }
  }

  async #untilGreeted(child: ChildProcess, worker: number): Promise<void> {
    const pid = child.pid;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        child.once("error", (error) => reject(routerFailed(error.message, error)));
        child.once("exit", (code, signal) => reject(this.#exitError(code, signal)));
        if (pid !== undefined) this.#greeted.set(pid, resolve);
        timer = setTimeout(() => {
          // It serves nobody, and may hold the port.
          if (pid !== undefined) this.#kill(pid, worker, "did not listen in time");
          reject(routerFailed("it did not listen in time"));
        }, this.#options.startTimeoutMs ?? startMs);
      });
    } finally {
      clearTimeout(timer);
      if (pid !== undefined) this.#greeted.delete(pid);
    }
  }

  #exitError(code: number | null, signal: NodeJS.Signals | null): UserError {
    const { http, httpsPort = 0 } = this.#options;
    if (code === workerExit.portInUse) return portError("--http-port", http.port, "EADDRINUSE");
    if (code === workerExit.cannotListen) return portError("--http-port", http.port, "EACCES");
    if (code === workerExit.securePortInUse) return portError("--https-port", httpsPort, "EADDRINUSE");
    if (code === workerExit.cannotListenSecurely) return portError("--https-port", httpsPort, "EACCES");
    return routerFailed(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`);
  }

  #onHello(worker: WorkerIdentity): void {
    const slot = this.#slots[worker.worker - 1];
    const isCurrent = worker.fingerprint === this.#fingerprint;
    if (slot === undefined) this.#dismiss(worker.pid, worker.worker);
    else if (slot.serving !== undefined && slot.serving.pid !== worker.pid && !this.#greeted.has(worker.pid))
      this.#dismiss(worker.pid, worker.worker);
    else if (isCurrent) this.#serve(slot, worker);
    else {
      slot.outdated.add(worker.pid);
      if (this.#started && !slot.launching) this.#revive(slot);
    }
  }

  #serve(slot: Slot, worker: WorkerIdentity): void {
    if (slot.serving?.pid !== worker.pid) {
      // One that was given up for hung, and came back while its successor started.
      if (slot.serving !== undefined) slot.outdated.add(slot.serving.pid);
      slot.servingSince = Date.now();
    }
    slot.serving = worker;
    this.#options.logger.info({ worker: worker.worker, routerPid: worker.pid }, "router worker listens");
    for (const pid of slot.outdated) this.#dismiss(pid, slot.number);
    slot.outdated.clear();
    this.#greeted.get(worker.pid)?.();
  }

  #onGone(worker: WorkerIdentity): void {
    const slot = this.#slots[worker.worker - 1];
    slot?.outdated.delete(worker.pid);
    if (slot?.serving?.pid !== worker.pid) return;
    slot.serving = undefined;
    if (Date.now() - slot.servingSince < steadyMs) slot.failures++;
    if (this.#started) this.#revive(slot, worker.pid);
  }

  /** One that hangs keeps its part of the port's connections waiting, so it gets no time: `#onGone` gives it a successor. */
  async #onSilent({ pid, worker }: WorkerIdentity, unanswered: number): Promise<void> {
    if (!this.#isServing(pid)) return;
    if (unanswered >= hungAfter) this.#kill(pid, worker, "does not answer");
    else if (unanswered >= stoppedAfter && (await isStopped(pid))) this.#kill(pid, worker, "is stopped");
  }

  /** Gives the slot a worker, however many tries that takes. */
  #revive(slot: Slot, last?: number): void {
    const isOver = () => slot.serving !== undefined || slot.launching || this.#stopped.signal.aborted;
    const run = async () => {
      // A worker whose connection broke serves on and comes back.
      while (last !== undefined && (await isWorker(last, this.#options.root, slot.number))) {
        await delay(lookMs, this.#stopped.signal);
        if (isOver()) return;
      }
      while (!isOver()) {
        if (slot.failures > 0) await delay(Math.min(50 * 2 ** slot.failures, lastBackoffMs), this.#stopped.signal);
        if (isOver()) return;
        this.#options.logger.warn({ worker: slot.number, failures: slot.failures }, "starting a router worker anew");
        await this.#launch(slot).catch((error: unknown) => {
          slot.failures++;
          this.#options.logger.error({ err: error, worker: slot.number }, "router worker did not start");
        });
      }
    };
    run().catch((error: unknown) => {
      if (!this.#stopped.signal.aborted) this.#complain("bug: reviving a router worker")(error);
    });
  }

  #isServing(pid: number): boolean {
    return this.#slots.some((slot) => slot.serving?.pid === pid);
  }

  /** Gives a worker the time to finish what is open, and sees to it that it ends. */
  #dismiss(pid: number, worker: number): void {
    if (this.#leaving.has(pid)) return;
    this.#leaving.add(pid);
    const { graceMs } = this.#options;
    this.#tellToEnd(pid, graceMs);
    this.#awaitEnd(pid, worker, graceMs + lastMs, this.#stopped.signal)
      .catch((error: unknown) => {
        if (!this.#stopped.signal.aborted) this.#complain("bug: retiring a router worker")(error);
      })
      .finally(() => this.#leaving.delete(pid));
  }

  #tellToEnd(pid: number, graceMs: number): void {
    this.#options.logger.info({ routerPid: pid, graceMs }, "retiring a router worker");
    if (!this.#options.server.retire(pid, graceMs)) sendSignal(pid, "SIGTERM");
  }

  #kill(pid: number, worker: number, reason: string): void {
    this.#options.logger.warn({ worker, routerPid: pid, reason }, "killing a router worker");
    sendSignal(pid, "SIGKILL");
  }

  /** The start failed: what it has started may not stay behind. No client has come to rely on it. */
  #abandon(): void {
    this.stop();
    for (const child of this.#spawned) child.kill("SIGKILL");
  }

  async #awaitEnd(pid: number, worker: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (await isWorker(pid, this.#options.root, worker)) {
      if (Date.now() > deadline || (await isStopped(pid))) {
        this.#kill(pid, worker, "did not end");
        return;
      }
      await delay(lookMs, signal);
    }
  }

  #complain(message: string): (error: unknown) => void {
    return (error) => this.#options.logger.error({ err: error }, message);
  }
}

type PortFlag = "--http-port" | "--https-port";

function portError(flag: PortFlag, port: number, code: string): UserError {
  if (code === "EADDRINUSE") {
    return new UserError("port-in-use", `Port ${port} is in use`, {
      hint: `See what listens there with: ss -ltnp 'sport = :${port}', or choose another ${flag}`,
    });
  }
  if (code === "EACCES") {
    return new UserError("port-forbidden", `Port ${port} may not be opened by this user`, {
      hint: `Choose a ${flag} above 1023, or allow it with the capability CAP_NET_BIND_SERVICE`,
    });
  }
  return new UserError("port-forbidden", `Port ${port} cannot be opened: ${code}`);
}

function routerFailed(reason: string, cause?: unknown): UserError {
  return new UserError("router-failed", `A router worker did not start: ${reason}`, {
    hint: "The end of router.log in the root directory says more",
    cause,
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
