import { setTimeout as delay } from "node:timers/promises";
import type { WorkerMessage } from "../model/route.ts";
import { type DaemonCommands, RouteClient } from "./route-client.ts";
import type { Routes } from "./route-table.ts";
import type { WorkerLog } from "./worker-log.ts";

const firstRetryMs = 25;
const lastRetryMs = 500;

export interface FollowOptions {
  readonly socketPath: string;
  readonly routes: Routes;
  readonly commands: DaemonCommands;
  readonly log: WorkerLog;
  readonly signal: AbortSignal;
  /** Sent first on each connection, once there is something to say. */
  hello(): WorkerMessage | undefined;
  /** The table is newer now. */
  onApplied(): void;
}

/** Keeps the table as the daemon has it. The daemon may come and go: the last table stays in force. */
export class RouteFollower {
  /** Resolves when the first table was applied, or when the first try to reach the daemon failed. */
  readonly firstTry: Promise<void>;
  readonly #options: FollowOptions;
  #client: RouteClient | undefined;
  #resolveFirstTry: () => void = () => undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.firstTry = new Promise((resolve) => {
      this.#resolveFirstTry = resolve;
    });
  }

  /** Ends with the signal. */
  async run(): Promise<void> {
    const { signal, log } = this.#options;
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      try {
        await this.#session();
        retryMs = firstRetryMs;
      } catch (error) {
        if (retryMs === firstRetryMs)
          log.info({ reason: (error as Error).message }, "daemon is not there, going on with the last table");
      }
      this.#client = undefined;
      this.#resolveFirstTry();
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, lastRetryMs);
    }
  }

  send(message: WorkerMessage): void {
    this.#client?.send(message);
  }

  async #session(): Promise<void> {
    const { socketPath, commands, routes, signal, log, hello } = this.#options;
    const client = await RouteClient.connect(socketPath, commands);
    this.#client = client;
    const greeting = hello();
    if (greeting !== undefined) client.send(greeting);
    const changes = await client.watch(signal);
    routes.replace(await client.list());
    this.#applied(client);
    log.info({ revision: routes.revision }, "following the daemon");
    this.#resolveFirstTry();
    for await (const change of changes) {
      if (routes.apply(change)) this.#applied(client);
    }
  }

  #applied(client: RouteClient): void {
    client.send({ type: "applied", revision: this.#options.routes.revision });
    this.#options.onApplied();
  }
}
