import { AddressPool } from "../../docker/address-pool.ts";
import type { DockerEngine } from "../../docker/engine.ts";
import { labels } from "../../docker/labels.ts";
import type { BerthNetwork } from "../../docker/network.ts";
import { formatAddress, parseSubnet, type Subnet } from "../../lib/ipv4.ts";
import { Mutex } from "../../lib/mutex.ts";
import { UserError } from "../../model/errors.ts";

/** Which dyno has which fixed address. A container keeps its own until it is removed, running or not. */
export class AddressBook {
  readonly #engine: DockerEngine;
  readonly #filter: Readonly<Record<string, string>>;
  readonly #network: BerthNetwork;
  readonly #byContainer = new Map<string, string>();
  readonly #mutex = new Mutex();
  /** Taken, but their container has no id yet. */
  readonly #pending = new Set<string>();
  #pool: AddressPool | undefined;
  /** Of the pool: a network that was made anew may have another one. */
  #range = "";

  constructor(engine: DockerEngine, instance: string, network: BerthNetwork) {
    this.#engine = engine;
    this.#filter = { [labels.instance]: instance, [labels.kind]: "dyno" };
    this.#network = network;
  }

  /** An address for a container that is about to be made. Throws `addresses-exhausted`. */
  take(): Promise<string> {
    return this.#mutex.run(async () => {
      if (this.#range !== this.#network.dynoRange) this.#pool = undefined;
      this.#pool ??= await this.#read();
      try {
        return this.#reserve(this.#pool);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // Containers that others removed by hand have given their addresses back without our knowing.
        this.#pool = await this.#read();
        return this.#reserve(this.#pool);
      }
    });
  }

  assign(address: string, id: string): void {
    this.#pending.delete(address);
    this.#byContainer.set(id, address);
  }

  /** Nothing was made with it. */
  abandon(address: string): void {
    this.#pending.delete(address);
    this.#pool?.giveBack(address);
  }

  /** The container is gone. */
  giveBack(id: string): void {
    const address = this.#byContainer.get(id);
    this.#byContainer.delete(id);
    if (address !== undefined) this.#pool?.giveBack(address);
  }

  #reserve(pool: AddressPool): string {
    const address = pool.take();
    this.#pending.add(address);
    return address;
  }

  async #read(): Promise<AddressPool> {
    const containers = await this.#engine.containers.list(this.#filter);
    this.#range = this.#network.dynoRange;
    const range = parseSubnet(this.#range) as Subnet;
    const pool = new AddressPool(range, [formatAddress(range.base), this.#network.gateway]);
    this.#byContainer.clear();
    for (const container of containers) {
      const address = container.labels[labels.address];
      if (address === undefined) continue;
      this.#byContainer.set(container.id, address);
      pool.use(address);
    }
    for (const address of this.#pending) pool.use(address);
    return pool;
  }
}
