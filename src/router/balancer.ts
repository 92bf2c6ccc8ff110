import type { Target } from "../model/route.ts";

/** A target and what this worker knows of it. One object per target id, for as long as it is routed to or in use. */
export interface TargetState {
  readonly target: Target;
  /** Requests and upgraded connections that are open on it. */
  open: number;
  /** In how many apps' routes it is. */
  routed: number;
  /** Unix milliseconds; 0 when it was not put aside, or has long been back. */
  asideUntil: number;
  /** When it answered again after that; 0 when it did not. */
  backSince: number;
  /** Its upgraded connections, on the side of the clients; made by the first one. */
  upgraded: Set<{ destroySoon(): void }> | undefined;
}

// How much longer than it was put aside a dyno takes to get its full share again.
const returnTimes = 2;

/** Open requests per target, and who takes the next one. */
export class Balancer {
  readonly #states = new Map<string, TargetState>();
  readonly #asideMs: number;
  readonly #onIdle: (target: Target) => void;
  #turn = 0;

  /** `onIdle`: the target is in no route any more and nothing is open on it. */
  constructor(asideMs: number, onIdle: (target: Target) => void) {
    this.#asideMs = asideMs;
    this.#onIdle = onIdle;
  }

  /** Counts one more route to it. */
  add(target: Target): TargetState {
    let state = this.#states.get(target.id);
    if (state === undefined || state.target.address !== target.address || state.target.port !== target.port) {
      state = { target, open: 0, routed: 0, asideUntil: 0, backSince: 0, upgraded: undefined };
      this.#states.set(target.id, state);
    }
    state.routed++;
    return state;
  }

  remove(state: TargetState): void {
    state.routed--;
    this.#forgetIfIdle(state);
  }

  /** Nothing is open on it and no route leads to it. */
  isIdle(id: string): boolean {
    return !this.#states.has(id);
  }

  endUpgrades(id: string): void {
    for (const socket of [...(this.#states.get(id)?.upgraded ?? [])]) socket.destroySoon();
  }

  /** The one with the least open requests, in turn where equal; one that was put aside only where there is no other. */
  pick(candidates: readonly TargetState[], tried?: ReadonlySet<TargetState>): TargetState | undefined {
    const count = candidates.length;
    const first = this.#turn++;
    let best: TargetState | undefined;
    let bestRank = 0;
    for (let i = 0; i < count; i++) {
      const state = candidates[(first + i) % count] as TargetState;
      if (tried?.has(state)) continue;
      const rank = state.asideUntil === 0 ? 0 : this.#rank(state);
      const better = best === undefined || (rank === bestRank ? state.open < best.open : rank < bestRank);
      if (better) {
        best = state;
        bestRank = rank;
      }
    }
    return best;
  }

  opened(state: TargetState): void {
    state.open++;
  }

  closed(state: TargetState): void {
    state.open--;
    this.#forgetIfIdle(state);
  }

  putAside(state: TargetState): void {
    state.asideUntil = Date.now() + this.#asideMs;
    state.backSince = 0;
  }

  answered(state: TargetState): void {
    if (state.asideUntil !== 0 && state.backSince === 0) state.backSince = Date.now();
  }

  isAside(state: TargetState): boolean {
    return state.asideUntil !== 0 && this.#rank(state) > 0;
  }

  /**
   * 0 for one that can be used, the highest for one that is put aside. After its time such a one gets a single request to
   * try; once it has answered, more and more of its share.
   */
  #rank(state: TargetState): number {
    const { asideUntil, backSince, open } = state;
    const now = Date.now();
    if (backSince === 0) return now < asideUntil || open > 0 ? 2 : 0;
    const back = (now - backSince) / (this.#asideMs * returnTimes);
    if (back < 1) return Math.random() < back ? 0 : 1;
    state.asideUntil = 0;
    return 0;
  }

  #forgetIfIdle(state: TargetState): void {
    if (state.open > 0 || state.routed > 0) return;
    if (this.#states.get(state.target.id) === state) this.#states.delete(state.target.id);
    this.#onIdle(state.target);
  }
}
