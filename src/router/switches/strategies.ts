import type { Balancing } from "../../model/switches.ts";
import type { TargetState } from "../balancer.ts";

/** Chooses among dynos that can be used; there is at least one. */
export type Strategy = (usable: readonly TargetState[], clientAddress: string) => TargetState;

/** One for each app, as some of them count. */
export function strategyOf(balancing: Balancing): Strategy {
  if (balancing === "round-robin") return roundRobin();
  return balancing === "ip-hash" ? ipHash : randomTwo;
}

function roundRobin(): Strategy {
  let turn = 0;
  return (usable) => usable[turn++ % usable.length] as TargetState;
}

/** Nearly as even as the least of all, without a herd when several workers see the same one as the least. */
const randomTwo: Strategy = (usable) => {
  const first = Math.floor(Math.random() * usable.length);
  const step = usable.length < 2 ? 0 : 1 + Math.floor(Math.random() * (usable.length - 1));
  const [one, other] = [usable[first], usable[(first + step) % usable.length]] as [TargetState, TargetState];
  return other.open < one.open ? other : one;
};

/** The highest of all hashes: a dyno that comes or goes moves only its own share, and a deploy none. */
const ipHash: Strategy = (usable, clientAddress) => {
  let best = usable[0] as TargetState;
  let bestHash = -1;
  for (const state of usable) {
    const hash = hashOf(`${clientAddress} ${state.target.dyno}`);
    if (hash > bestHash) {
      best = state;
      bestHash = hash;
    }
  }
  return best;
};

/** FNV-1a, and a last stir: texts that differ in their last letter only would come out alike. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
