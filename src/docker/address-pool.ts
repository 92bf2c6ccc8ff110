import { contains, formatAddress, parseAddress, type Subnet, subnetSize } from "../lib/ipv4.ts";
import { UserError } from "../model/errors.ts";

/**
 * Hands out addresses next-fit: one that was given back is used again as late as possible, because a router may still know
 * it from the dyno before.
 */
export class AddressPool {
  readonly #range: Subnet;
  readonly #reserved: ReadonlySet<number>;
  readonly #used = new Set<number>();
  #next: number;

  /** `reserved` is never given out: the network's own address, the gateway. `start` is where the search begins. */
  constructor(
    range: Subnet,
    reserved: readonly string[],
    start: number = Math.floor(Math.random() * subnetSize(range)),
  ) {
    this.#range = range;
    this.#reserved = new Set(reserved.map(parseAddress).filter((address) => address !== undefined));
    this.#next = start % subnetSize(range);
  }

  /** Marks what is in use already; an address outside of the range is no concern of this pool. */
  use(text: string): void {
    const address = parseAddress(text);
    if (address !== undefined && contains(this.#range, address)) this.#used.add(address);
  }

  /** Throws `addresses-exhausted`. */
  take(): string {
    for (let tried = 0; tried < subnetSize(this.#range); tried++) {
      const address = this.#range.base + this.#next;
      this.#next = (this.#next + 1) % subnetSize(this.#range);
      if (this.#used.has(address) || this.#reserved.has(address)) continue;
      this.#used.add(address);
      return formatAddress(address);
    }
    throw new UserError("addresses-exhausted", `All ${this.#used.size} addresses for dynos are in use`, {
      hint: "Stop some dynos, or give Docker larger default-address-pools and recreate the Berth network",
    });
  }

  giveBack(text: string): void {
    const address = parseAddress(text);
    if (address !== undefined) this.#used.delete(address);
  }
}
