import { setTimeout as delay } from "node:timers/promises";
import { Backoff } from "../lib/backoff.ts";
import { forEachLimited } from "../lib/for-each-limited.ts";
import type { Dyno } from "../model/dyno.ts";
import type { Context } from "../operations/context.ts";
import { publishRoutes } from "../operations/publish-routes.ts";
import type { DynoEvent } from "../schedulers/scheduler.ts";
import { abandonBuilds, adoptRunning, reconcileApp } from "./reconcile.ts";

const everyMs = 60_000;
// A container removed by hand is often one of several; and the engine tells each by itself.
const settleMs = 500;
// What one app waits for, mostly its dynos' health, is time in which the engine can start those of others.
const appsAtOnce = 8;
const probeTimeoutMs = 1_000;
const probePauseMs = 100;

/** Keeps dynos and routes as the store wants them: at the start, on every event of the engine, and once a minute. */
export class Reconciler {
  readonly #context: Context;
  #stop = new AbortController();
  #running: Promise<void>[] = [];
  /** Dynos that are being asked whether they accept connections again. */
  readonly #probing = new Set<string>();
  /** Apps whose last repair failed: only the round tries them again, as what a failed repair removes is `gone` too. */
  readonly #failing = new Set<string>();
  /** Apps of which a dyno has ended, until it is clear whether it stays so. */
  readonly #ending = new Set<string>();
  readonly #backoff: Backoff;

  constructor(context: Context) {
    this.#context = context;
    this.#backoff = new Backoff({ firstMs: 1_000, longestMs: everyMs, now: context.now });
  }

  /** Resolves when the router has its first table. Repairs go on after that. */
  async start(): Promise<void> {
    this.#stop = new AbortController();
    abandonBuilds(this.#context);
    const events = await this.#context.scheduler.watch(this.#stop.signal);
    await adoptRunning(this.#context);
    this.#running = [this.#follow(events), this.#repeat()];
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#running);
  }

  async #repeat(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#all().catch((error: unknown) => {
        this.#context.logger.error({ err: error }, "round of repairs failed");
      });
      await this.#pause(everyMs);
    }
  }

  async #all(): Promise<void> {
    const { store, inService } = this.#context;
    await forEachLimited(
      store.read((view) => view.apps.list()),
      appsAtOnce,
      async (app) => {
        if (this.#stop.signal.aborted) return;
        await this.#one(app.id);
        for (const dyno of inService.of(app.id)) if (inService.isDown(dyno.id)) this.#awaitReturn(dyno.id);
      },
    );
  }

  /** A failure concerns one app and must not keep the others from being repaired. */
  async #one(appId: string): Promise<void> {
    try {
      await reconcileApp(this.#context, appId, this.#stop.signal);
      this.#failing.delete(appId);
    } catch (error) {
      this.#failing.add(appId);
      this.#context.logger.warn({ err: error, app: appId }, "app could not be repaired");
    }
  }

  async #follow(events: AsyncIterable<DynoEvent>): Promise<void> {
    for await (const event of events) {
      if (event.type === "died") {
        this.#died(event.id);
        this.#context.background.run("repair", () => this.#ended(event));
      }
      if (event.type === "started") this.#awaitReturn(event.id);
      if (event.type === "gone") this.#context.background.run("repair", () => this.#gone(event));
    }
  }

  #died(id: string): void {
    if (this.#context.retiring.has(id)) return;
    const changed = this.#context.inService.mark(id, false);
    if (changed === undefined) return;
    this.#context.logger.warn({ app: changed.dyno.app, dyno: changed.dyno.id }, "web dyno died");
    this.#context.background.run("publish", () => publishRoutes(this.#context, changed.appId));
  }

  #awaitReturn(id: string): void {
    const dyno = this.#context.inService.isDown(id);
    if (dyno === undefined || this.#probing.has(id)) return;
    this.#probing.add(id);
    this.#context.background.run("await return", () => this.#probe(dyno).finally(() => this.#probing.delete(id)));
  }

  async #probe(dyno: Dyno): Promise<void> {
    const { inService, probe } = this.#context;
    while (!this.#stop.signal.aborted && inService.isDown(dyno.id)) {
      if (await probe(dyno.address ?? "", dyno.port ?? 0, probeTimeoutMs)) {
        const changed = inService.mark(dyno.id, true);
        if (changed !== undefined) await publishRoutes(this.#context, changed.appId);
        return;
      }
      await this.#pause(probePauseMs);
    }
  }

  /**
   * A dyno that somebody has stopped by hand, or whose restart policy has given it up, is not started again by the engine. One
   * that ends by itself after each start is replaced less and less often.
   */
  async #ended({ id, app: name }: DynoEvent): Promise<void> {
    const { scheduler, store, retiring } = this.#context;
    const app = store.read((view) => view.apps.byName(name));
    if (app === undefined || retiring.has(id) || this.#ending.has(app.id)) return;
    this.#ending.add(app.id);
    try {
      await this.#pause(settleMs);
      // Of all: further ones that end meanwhile are not looked at by themselves.
      const isOver = (await scheduler.list(name)).some((dyno) => dyno.state === "exited" && !retiring.has(dyno.id));
      if (!isOver || this.#failing.has(app.id)) return;
      await this.#pause(this.#backoff.next(app.id));
    } finally {
      this.#ending.delete(app.id);
    }
    if (!this.#stop.signal.aborted) await this.#one(app.id);
  }

  /** The abort ends it: the caller looks. */
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  async #gone(event: DynoEvent): Promise<void> {
    if (this.#context.retiring.has(event.id)) return;
    await this.#pause(settleMs);
    const app = this.#context.store.read((view) => view.apps.byName(event.app));
    if (app === undefined || this.#stop.signal.aborted) return;
    const { inService } = this.#context;
    if (inService.ids(app.id).includes(event.id)) {
      inService.change(app.id, { remove: [event] });
      await publishRoutes(this.#context, app.id);
    }
    if (!this.#failing.has(app.id)) await this.#one(app.id);
  }
}
