import { setTimeout as delay } from "node:timers/promises";
import type { DockerEngine, EngineEvent, Labels } from "../docker/engine.ts";
import { labels as ours } from "../docker/labels.ts";
import type { Logger } from "../lib/logger.ts";
import { Mutex } from "../lib/mutex.ts";
import { messageOf } from "../model/errors.ts";
import { type ForeignRoute, wishesOf } from "../model/foreign.ts";
import type { ForeignTable } from "../routing/foreign.ts";
import { addressOf } from "./reachable.ts";

// What no event tells, such as a network that a running container was put on.
const everyMs = 60_000;
const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** Containers that run somebody's image may have inherited the labels of one that Berth made. */
const inherited = new Set(["image", "base"]);

export interface ForeignContainersOptions {
  readonly engine: DockerEngine;
  readonly table: ForeignTable;
  readonly logger: Logger;
}

/** Leads requests to containers that ask for them, whoever started them, for as long as they run. */
export class ForeignContainers {
  readonly #options: ForeignContainersOptions;
  readonly #routes = new Map<string, ForeignRoute>();
  readonly #mutex = new Mutex();
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: ForeignContainersOptions) {
    this.#options = options;
  }

  /** Resolves when those that run are in the table. */
  async start(): Promise<void> {
    const first = await this.#open();
    this.#running = Promise.all([this.#follow(first), this.#repeat()]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Subscribed before it looks, so that nothing falls in between. */
  async #open(): Promise<AsyncIterable<EngineEvent>> {
    const attempt = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, attempt.signal]);
    try {
      const events = await this.#options.engine.events({ labels: {}, since: Date.now() }, signal);
      await this.#mutex.run(() => this.#lookAtAll());
      return events;
    } catch (error) {
      attempt.abort();
      throw error;
    }
  }

  async #follow(first: AsyncIterable<EngineEvent>): Promise<void> {
    let events: AsyncIterable<EngineEvent> | undefined = first;
    while (events !== undefined) {
      try {
        for await (const event of events) await this.#mutex.run(() => this.#onEvent(event));
      } catch (error) {
        this.#options.logger.warn({ reason: messageOf(error) }, "events of foreign containers broke off");
      }
      events = await this.#reopen();
    }
  }

  async #reopen(): Promise<AsyncIterable<EngineEvent> | undefined> {
    for (let pause = firstPauseMs; !this.#stop.signal.aborted; pause = Math.min(2 * pause, longestPauseMs)) {
      try {
        return await this.#open();
      } catch (error) {
        this.#options.logger.warn({ reason: messageOf(error) }, "cannot watch foreign containers, will try again");
      }
      await this.#pause(pause);
    }
    return undefined;
  }

  async #repeat(): Promise<void> {
    await this.#pause(everyMs);
    while (!this.#stop.signal.aborted) {
      await this.#mutex
        .run(() => this.#lookAtAll())
        .catch((error: unknown) => {
          this.#options.logger.warn({ reason: messageOf(error) }, "cannot look at foreign containers");
        });
      await this.#pause(everyMs);
    }
  }

  async #onEvent({ action, id, labels }: EngineEvent): Promise<void> {
    if (isOurs(labels)) return;
    const before = this.#routes.get(id);
    if (action === "start") await this.#lookAt(id);
    else this.#routes.delete(id);
    if (this.#routes.get(id) !== before) this.#tell();
  }

  async #lookAtAll(): Promise<void> {
    const found = await this.#options.engine.containers.list({});
    const running = found.filter(({ labels, status }) => !isOurs(labels) && isUp(status));
    const there = new Set(running.map(({ id }) => id));
    for (const id of [...this.#routes.keys()]) if (!there.has(id)) this.#routes.delete(id);
    for (const { id } of running) await this.#lookAt(id);
    this.#tell();
  }

  async #lookAt(id: string): Promise<void> {
    try {
      const route = await this.#routeOf(id);
      if (route === undefined) this.#routes.delete(id);
      else this.#routes.set(id, route);
    } catch (error) {
      // One that cannot be looked at must not keep the others from being found.
      this.#options.logger.warn({ container: id, reason: messageOf(error) }, "cannot look at container");
    }
  }

  async #routeOf(id: string): Promise<ForeignRoute | undefined> {
    const { engine, logger } = this.#options;
    const container = await engine.containers.inspect(id);
    if (container === undefined || isOurs(container.labels) || !isUp(container.status)) return undefined;
    const wishes = wishesOf(container);
    if (wishes === undefined) return undefined;
    const { name } = container;
    if (wishes.invalid.length > 0) {
      logger.warn({ container: name, invalid: wishes.invalid }, "container asks for what cannot be routed");
    }
    const address = await addressOf(engine, container);
    if (address === undefined) logger.warn({ container: name }, "container has no address that the host reaches");
    if (address === undefined || wishes.domains.length === 0) return undefined;
    const target = { id, dyno: name, address, port: wishes.port };
    return { name: `container:${name}`, domains: wishes.domains, target, since: container.createdAt };
  }

  /** Not waited for: a worker that hangs must not keep the next event from being seen. */
  #tell(): void {
    const { table, logger } = this.#options;
    table.setContainers([...this.#routes.values()]).catch((error: unknown) => {
      logger.error({ err: error }, "routes of foreign containers could not be published");
    });
  }

  #pause(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

/** A dyno, a build or the like, of this Berth or of another one on the same engine. */
function isOurs(labels: Labels): boolean {
  return labels[ours.instance] !== undefined && !inherited.has(labels[ours.kind] ?? "");
}

function isUp(status: string): boolean {
  return status === "running" || status === "paused";
}
