import type { SshLimits } from "./limits.ts";

/** One connection's place in the counts. Both calls may be repeated. */
export interface Place {
  authenticated(): void;
  leave(): void;
}

/** Counts connections, and says which are too many. */
export class Admission {
  readonly #limits: SshLimits;
  readonly #byAddress = new Map<string, number>();
  #connections = 0;
  #unauthenticated = 0;

  constructor(limits: SshLimits) {
    this.#limits = limits;
  }

  /** A place, or in a few words why there is none. */
  enter(address: string): Place | string {
    const fromThere = this.#byAddress.get(address) ?? 0;
    if (this.#connections >= this.#limits.connections) return "too many connections";
    if (fromThere >= this.#limits.connectionsPerAddress) return "too many connections from this address";
    if (this.#unauthenticated >= this.#limits.unauthenticatedConnections) return "too many logins at once";
    this.#connections += 1;
    this.#unauthenticated += 1;
    this.#byAddress.set(address, fromThere + 1);
    return this.#place(address);
  }

  #place(address: string): Place {
    let waits = true;
    let here = true;
    const authenticated = (): void => {
      if (waits) this.#unauthenticated -= 1;
      waits = false;
    };
    return {
      authenticated,
      leave: () => {
        if (!here) return;
        here = false;
        authenticated();
        this.#connections -= 1;
        const left = (this.#byAddress.get(address) ?? 1) - 1;
        if (left === 0) this.#byAddress.delete(address);
        else this.#byAddress.set(address, left);
      },
    };
  }
}
