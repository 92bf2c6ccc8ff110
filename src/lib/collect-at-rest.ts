import { performance } from "node:perf_hooks";

const everyMs = 5_000;
// A collection of a heap this small takes some ten milliseconds: not worth it for less.
const worthBytes = 4 * 1024 * 1024;
const restingUtilization = 0.05;

/**
 * Collects garbage while next to nothing is going on. V8 does so only when it needs room, so a process that had one busy
 * minute would keep its memory for days. Needs `node --expose-gc`; without it, nothing happens.
 *
 * `thorough` also moves what stays together and drops the compiled form of what has run: that is most of a start. It takes twice
 * as long, and what runs again is compiled again: not for who has to answer within milliseconds.
 *
 * `once` is for such a one: what a start leaves behind is most of it, and each later collection makes the code that ran last
 * slower for a while, as V8 forgets what it knew of it.
 */
export function collectAtRest({ thorough = false, once = false } = {}): { stop(): void } {
  const { gc } = globalThis;
  if (gc === undefined) return { stop: () => undefined };
  const collect = (): void =>
    void gc({ type: "major", flavor: thorough ? "last-resort" : "regular", execution: "sync" });
  let kept = 0;
  let since = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(since);
    since = performance.eventLoopUtilization();
    if (utilization > restingUtilization || inUse() - kept < worthBytes) return;
    collect();
    kept = inUse();
    if (once) clearInterval(timer);
  }, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

function inUse(): number {
  const { heapTotal, external } = process.memoryUsage();
  return heapTotal + external;
}
