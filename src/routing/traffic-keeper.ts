import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import { delay } from "../lib/delay.ts";
import type { Logger } from "../lib/logger.ts";
import type { RouteServer } from "./route-server.ts";
import { type LedgerState, TrafficLedger } from "./traffic-ledger.ts";
import type { TrafficSnapshot, TrafficSource } from "./traffic-source.ts";

const answerMs = 1_000;
const sampleMs = 10_000;
// Workers tell all they have counted to the next daemon: only what ended ones had is lost with what is not saved.
const saveMs = 60_000;

// A daemon that starts learns of foreign containers only when it has asked for them.
const forgetAfterMs = 60_000;

type TrafficSample = Pick<TrafficSnapshot, "at" | "totals">;

export interface TrafficKeeperOptions {
  readonly server: RouteServer;
  /** Where the sums are between two daemons. */
  readonly file: string;
  readonly logger: Logger;
  /** How long after the start what nothing is routed to any more may be forgotten. Default: a minute. */
  readonly forgetAfterMs?: number;
  /** Every ten seconds; the first time with what the daemon before knew last. */
  readonly onSample: (now: TrafficSnapshot, before: TrafficSample) => void;
}

export function createTrafficKeeper(options: TrafficKeeperOptions): TrafficKeeper {
  return new TrafficKeeper(options);
}

/** Adds up what the workers count, keeps the sums over restarts, and takes a sample for the history now and then. */
export class TrafficKeeper implements TrafficSource {
  readonly #options: TrafficKeeperOptions;
  readonly #ledger = new TrafficLedger();
  readonly #stopped = new AbortController();
  #before: TrafficSample = { at: Date.now(), totals: new Map() };
  #savedAt = 0;
  #startedAt = 0;
  #sampling: Promise<void> = Promise.resolve();

  constructor(options: TrafficKeeperOptions) {
    this.#options = options;
  }

  /** After the route server, before its workers greet. */
  async start(): Promise<void> {
    const { file, logger, server } = this.#options;
    this.#startedAt = Date.now();
    const state = await readState(file).catch((error: unknown) => {
      logger.error({ err: error, file }, "cannot read what the router has counted");
      return undefined;
    });
    if (state !== undefined) {
      this.#ledger.restore(state);
      this.#before = { at: state.at, totals: this.#ledger.totals() };
    }
    server.watchTraffic((report) => this.#ledger.take(report));
    this.#sampling = this.#sample();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#sampling;
    this.#savedAt = 0;
    await this.#keep();
    this.#options.server.watchTraffic(undefined);
  }

  async snapshot(): Promise<TrafficSnapshot> {
    const { server } = this.#options;
    await server.askTraffic(answerMs);
    this.#ledger.settle(isAlive);
    const isRouted = server.routedApps();
    const isSettled = Date.now() - this.#startedAt >= (this.#options.forgetAfterMs ?? forgetAfterMs);
    if (isRouted !== undefined && isSettled) this.#ledger.keep((app) => app === "" || isRouted(app));
    return {
      at: Date.now(),
      totals: this.#ledger.totals(),
      open: this.#ledger.open(),
      workers: server.workers().length,
    };
  }

  async #sample(): Promise<void> {
    const { logger } = this.#options;
    const { signal } = this.#stopped;
    while (
      await delay(sampleMs, signal)
        .then(() => true)
        .catch(() => false)
    ) {
      await this.#keep().catch((error: unknown) =>
        logger.error({ err: error }, "cannot keep what the router has counted"),
      );
    }
  }

  async #keep(): Promise<void> {
    const now = await this.snapshot();
    this.#options.onSample(now, this.#before);
    this.#before = now;
    if (now.at - this.#savedAt < saveMs) return;
    this.#savedAt = now.at;
    await writeFileAtomically(this.#options.file, JSON.stringify(this.#ledger.save(now.at)), 0o600);
  }
}

async function readState(file: string): Promise<LedgerState | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as LedgerState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
