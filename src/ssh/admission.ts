import { networkOf } from "../lib/network-of.ts";
import type { LoginLimits, SshLimits } from "./limits.ts";
import { Tally } from "./tally.ts";

/** One connection's slot in the counts. All calls may be repeated. */
export interface Slot {
  /** It has logged in. Returns in a few words why it must go all the same, or undefined. */
  authenticated(): string | undefined;
  leave(): void;
}

export type AdmissionLimits = Pick<SshLimits, "connections" | "connectionsPerAddress" | "logins">;

/** A connection that has not logged in. */
interface Login {
  readonly source: string;
  readonly network: string;
  readonly since: number;
  readonly evict: (reason: string) => void;
}

/** One client owns a whole /64 of IPv6. */
const sourceBits = { v4: 32, v6: 64 };
const networkBits = { v4: 24, v6: 48 };

const tooManyLogins = "too many logins at once from this address";

/** Counts connections, and says which are too many. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #bySource = new Tally();
  readonly #loginsByNetwork = new Tally();
  /** The oldest first. */
  readonly #logins = new Set<Login>();
  #connections = 0;

  constructor(
    limits: AdmissionLimits,
    random: () => number = Math.random,
    now: () => number = () => performance.now(),
  ) {
    this.#limits = limits;
    this.#random = random;
    this.#now = now;
  }

  /** A slot, or in a few words why there is none. `evict` must close the connection: its slot is given to another. */
  enter(address: string, evict: (reason: string) => void): Slot | string {
    const source = networkOf(address, sourceBits);
    const network = networkOf(address, networkBits);
    const refusal = this.#refusal(source, network);
    if (refusal !== undefined) return refusal;
    const login = { source, network, since: this.#now(), evict };
    this.#logins.add(login);
    this.#loginsByNetwork.add(network);
    return this.#slot(login);
  }

  #refusal(source: string, network: string): string | undefined {
    const { logins } = this.#limits;
    const fromSource = [...this.#logins].filter((login) => login.source === source);
    if (fromSource.length >= logins.perAddress) {
      const [oldest] = fromSource;
      if (oldest === undefined || this.#now() - oldest.since < logins.patienceSeconds * 1000) return tooManyLogins;
      this.#forget(oldest);
      oldest.evict(tooManyLogins);
      // One for one: there are no more logins than before.
      return undefined;
    }
    if (this.#loginsByNetwork.of(network) >= logins.perNetwork) return "too many logins at once from this network";
    if (this.#random() < dropChance(logins, this.#logins.size)) return "too many logins at once";
    return undefined;
  }

  /** Returns whether it was waiting. */
  #forget(login: Login): boolean {
    if (!this.#logins.delete(login)) return false;
    this.#loginsByNetwork.remove(login.network);
    return true;
  }

  #slot(login: Login): Slot {
    const { source } = login;
    let isIn = false;
    return {
      authenticated: () => {
        if (isIn) return undefined;
        // Evicted: its place is another's, and what it sends now must not be carried out.
        if (!this.#logins.has(login)) return tooManyLogins;
        if (this.#connections >= this.#limits.connections) return "too many connections";
        if (this.#bySource.of(source) >= this.#limits.connectionsPerAddress) {
          return "too many connections from this address";
        }
        this.#forget(login);
        isIn = true;
        this.#connections += 1;
        this.#bySource.add(source);
        return undefined;
      },
      leave: () => {
        this.#forget(login);
        if (!isIn) return;
        isIn = false;
        this.#connections -= 1;
        this.#bySource.remove(source);
      },
    };
  }
}

/** From 0 to 1, as OpenSSH's should_drop_connection has it. */
export function dropChance({ dropFrom, dropPercent, most }: LoginLimits, waiting: number): number {
  if (waiting < dropFrom) return 0;
  if (waiting >= most) return 1;
  return (dropPercent + ((100 - dropPercent) * (waiting - dropFrom)) / (most - dropFrom)) / 100;
}
