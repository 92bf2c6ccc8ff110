import type { Kept } from "../lib/kept.ts";
import type { Logger } from "../lib/logger.ts";
import { Mutex } from "../lib/mutex.ts";
import { messageOf } from "../model/errors.ts";
import type { ContainerSummary, DockerEngine } from "./engine.ts";
import { labels } from "./labels.ts";
import { type BerthNetwork, ensureNetwork } from "./network.ts";

interface KeptNetworkOptions {
  readonly engine: DockerEngine;
  readonly instance: string;
  /** Has the network's properties as they are now: changed in place, as others hold it too. */
  readonly network: BerthNetwork;
  /** False as long as the store is not known to be the right one: no dyno may be removed. */
  readonly mayReplace: () => boolean;
  readonly logger: Logger;
}

/** Berth's network, and every dyno on it: both can be taken away by hand, or by `docker network prune`. */
export class KeptNetwork implements Kept {
  readonly #options: KeptNetworkOptions;
  readonly #making = new Mutex();

  constructor(options: KeptNetworkOptions) {
    this.#options = options;
  }

  async check(): Promise<string | undefined> {
    const { engine, network } = this.#options;
    // Listed first: what runs then is on the network by the time that is looked at.
    const dynos = await this.#running();
    const found = await engine.networks.inspect(network.name);
    if (found === undefined) return "is missing";
    if (found.id !== network.id) return "is another one";
    const off = dynos.filter(({ id }) => !(id in found.containers));
    return off.length === 0 ? undefined : `${off.length} dynos are cut off`;
  }

  make(): Promise<void> {
    return this.#making.run(() => this.#make());
  }

  async #make(): Promise<void> {
    const { engine, instance, network } = this.#options;
    Object.assign(network, await ensureNetwork(engine, instance, { ...network }));
    const dynos = await this.#running();
    const found = await engine.networks.inspect(network.name);
    const failed: string[] = [];
    for (const dyno of dynos) {
      if (found && !(dyno.id in found.containers) && !(await this.#reconnect(dyno))) failed.push(dyno.id.slice(0, 12));
    }
    if (failed.length > 0) throw new Error(`dynos stay cut off from the network: ${failed.join(", ")}`);
  }

  #running(): Promise<ContainerSummary[]> {
    const { engine, instance } = this.#options;
    return engine.containers
      .list({ [labels.instance]: instance, [labels.kind]: "dyno" })
      .then((all) => all.filter(({ status }) => status === "running"));
  }

  /**
   * Under the address that the router knows. A dyno that cannot get it back is removed: the reconciler starts another. False
   * if it must stay as it is.
   */
  async #reconnect({ id, labels: own }: ContainerSummary): Promise<boolean> {
    const { engine, network, mayReplace, logger } = this.#options;
    const fields = { app: own[labels.app], dyno: own[labels.dyno], id };
    try {
      await engine.networks.connect(network.name, id, [], own[labels.address]);
      logger.warn(fields, "a dyno was cut off from the network and is on it again");
    } catch (error) {
      if ((await engine.containers.inspect(id))?.status !== "running") return true;
      if (!mayReplace()) return false;
      logger.warn({ ...fields, reason: messageOf(error) }, "a dyno is cut off from the network and is replaced");
      await engine.containers.remove(id);
    }
    return true;
  }
}

/** The engine, with one more try for a container whose network has gone since the last look at it. */
export function withNetworkRepair(engine: DockerEngine, repair: () => Promise<void>): DockerEngine {
  const retrying = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!/\bnetwork \S+ not found/i.test(messageOf(error))) throw error;
      await repair();
      return await work();
    }
  };
  const { containers } = engine;
  return {
    ...engine,
    containers: {
      ...containers,
      create: (name, options) => retrying(() => containers.create(name, options)),
      start: (id) => retrying(() => containers.start(id)),
    },
  };
}
