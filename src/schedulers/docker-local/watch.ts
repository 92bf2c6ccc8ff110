import { setTimeout as delay } from "node:timers/promises";
import type { EngineEvent } from "../../docker/engine.ts";
import { labels } from "../../docker/labels.ts";
import { Channel } from "../../lib/channel.ts";
import { messageOf } from "../../model/errors.ts";
import type { DynoEvent } from "../scheduler.ts";
import type { Context } from "./context.ts";
import { dynoFilter } from "./list.ts";

const types = { start: "started", die: "died", destroy: "gone" } as const;
const firstPauseMs = 100;
const longestPauseMs = 5_000;

/**
 * Events of the engine, filtered by our labels. After a broken connection it tells of every dyno what it is now, as no
 * one can say what happened meanwhile: takers treat an event as a reason to look, not as a count.
 */
export async function watch(context: Context, signal: AbortSignal): Promise<AsyncIterable<DynoEvent>> {
  const watcher = new Watcher(context, signal);
  await watcher.subscribe();
  return watcher.events();
}

class Watcher {
  readonly #context: Context;
  readonly #signal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #channel = new Channel<DynoEvent>();
  /** Dynos that are not gone as far as we were told: id -> app. */
  readonly #known = new Map<string, string>();

  constructor(context: Context, signal: AbortSignal) {
    this.#context = context;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  async subscribe(): Promise<void> {
    const stream = await this.#open(this.#signal);
    for (const { id, labels: values } of await this.#list()) this.#known.set(id, values[labels.app] ?? "");
    void this.#run(stream);
  }

  async *events(): AsyncGenerator<DynoEvent> {
    try {
      yield* this.#channel;
    } finally {
      // Also when the taker leaves its loop early.
      this.#stop.abort();
    }
  }

  #open(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    const { engine, instance } = this.#context;
    return engine.events({ labels: dynoFilter(instance), since: Date.now() }, signal);
  }

  #list() {
    const { engine, instance } = this.#context;
    return engine.containers.list(dynoFilter(instance));
  }

  async #run(first: AsyncIterable<EngineEvent>): Promise<void> {
    let stream: AsyncIterable<EngineEvent> | undefined = first;
    while (stream !== undefined && !this.#signal.aborted) {
      await this.#forward(stream);
      stream = await this.#reopen();
    }
    this.#channel.close();
  }

  async #forward(stream: AsyncIterable<EngineEvent>): Promise<void> {
    try {
      for await (const { action, id, labels: values } of stream) {
        const event = { type: types[action], id, app: values[labels.app] ?? "" };
        this.#tell(values.exitCode === undefined ? event : { ...event, exitCode: Number(values.exitCode) });
      }
    } catch (error) {
      this.#context.logger.warn({ reason: messageOf(error) }, "events of the engine broke off");
    }
  }

  async #reopen(): Promise<AsyncIterable<EngineEvent> | undefined> {
    for (let pause = firstPauseMs; !this.#signal.aborted; pause = Math.min(2 * pause, longestPauseMs)) {
      const attempt = new AbortController();
      try {
        const stream = await this.#open(AbortSignal.any([this.#signal, attempt.signal]));
        await this.#catchUp();
        this.#context.logger.info("watching the engine again");
        return stream;
      } catch (error) {
        attempt.abort();
        this.#context.logger.warn({ reason: messageOf(error) }, "cannot watch the engine, will try again");
      }
      // The abort ends the pause; the loop sees it.
      await delay(pause, undefined, { signal: this.#signal }).catch(() => undefined);
    }
    return undefined;
  }

  async #catchUp(): Promise<void> {
    const found = await this.#list();
    const there = new Set(found.map(({ id }) => id));
    for (const [id, app] of this.#known) if (!there.has(id)) this.#tell({ type: "gone", id, app });
    for (const { id, labels: values, status } of found) {
      this.#tell({ type: status === "running" ? "started" : "died", id, app: values[labels.app] ?? "" });
    }
  }

  #tell(event: DynoEvent): void {
    if (event.type === "gone") this.#known.delete(event.id);
    else this.#known.set(event.id, event.app);
    this.#channel.push(event);
  }
}
