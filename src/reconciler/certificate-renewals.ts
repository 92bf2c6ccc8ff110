import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../model/errors.ts";
import type { Context } from "../operations/context.ts";
import { isDue, obtainCertificate } from "../operations/letsencrypt.ts";

const everyMs = 60_000;
const firstMs = 5_000;

/** Asks for certificates for the apps that are to have one, and again before they expire. One app after the other. */
export class CertificateRenewals {
  readonly #context: Context;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Returns at once. */
  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new UserError("stopping", "Berth is being stopped"));
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let waitMs = firstMs; ; waitMs = everyMs) {
      await delay(waitMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      await this.round();
    }
  }

  /** One look at all apps. */
  async round(): Promise<void> {
    const { store, logger } = this.#context;
    const due = store.read((view) => view.apps.list().filter((app) => isDue(this.#context, view, app)));
    for (const app of due) {
      if (this.#stop.signal.aborted) return;
      try {
        await obtainCertificate(this.#context, app, { progress: silent, signal: this.#stop.signal });
        logger.info({ app: app.name }, "certificate obtained");
      } catch (error) {
        if (!this.#stop.signal.aborted) logger.warn({ err: error, app: app.name }, "no certificate could be obtained");
      }
    }
  }
}

const silent = { step() {}, headline() {}, detail() {}, warn() {}, line() {} };
