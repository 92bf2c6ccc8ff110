import type { Release } from "../model/release.ts";
import { serviceOf } from "../model/runtime.ts";
import type { WantedDyno } from "./wanted-dynos.ts";

/** Dynos that start together, one wave after the other: what a service depends on is healthy before it starts. Mostly one. */
export function wavesOf(dynos: readonly WantedDyno[], release: Pick<Release, "runtime">): WantedDyno[][] {
  const waves: WantedDyno[][] = [];
  let left = [...dynos];
  while (left.length > 0) {
    const waiting = new Set(left.map(({ processType }) => processType));
    const ready = left.filter(({ processType }) => {
      const { dependsOn = [] } = serviceOf(release, processType);
      return !dependsOn.some((other) => other !== processType && waiting.has(other));
    });
    // Services that wait for each other in a circle start together.
    waves.push(ready.length > 0 ? ready : left);
    left = ready.length > 0 ? left.filter((dyno) => !ready.includes(dyno)) : [];
  }
  return waves;
}
