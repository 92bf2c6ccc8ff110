/** What an app's visitors did, as counts that only ever grow: two of them are subtracted to know what came in between. */
export interface Traffic {
  /** Answers by the first digit of their status; at 0 those that were never begun. Shorter where the rest is 0. */
  readonly statuses: readonly number[];
  /** Requests that the router ended, by its code: `H12`. */
  readonly errors: Readonly<Record<string, number>>;
  /** Of the bodies of answers. */
  readonly bytes: number;
  /** Sum over the requests, upgraded connections left out, from their arrival to the last byte of the answer. */
  readonly durationMs: number;
  /** How many of these took up to each of `latencyBoundsMs`, and more than the one before; at the end those above all. */
  readonly latency: readonly number[];
}

/** Each one and a half times the one before, about: a quantile read from it is wrong by a fifth at most. */
export const latencyBoundsMs: readonly number[] = [
  1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000,
  30_000,
];

/** An app's traffic in the `step` seconds from `at` (Unix seconds, a multiple of the step) on. */
export interface TrafficPeriod {
  readonly at: number;
  readonly traffic: Traffic;
}

/** How finely the history is kept, and for how long: an hour, a day and ninety days. In seconds. */
export const historySteps = [
  { step: 10, keep: 3_600 },
  { step: 60, keep: 86_400 },
  { step: 3_600, keep: 90 * 86_400 },
] as const;

export const noTraffic: Traffic = { statuses: [], errors: {}, bytes: 0, durationMs: 0, latency: [] };

export function sumOf(a: Traffic, b: Traffic): Traffic {
  return combined(a, b, 1);
}

/** What came between the earlier and the later. Undefined where that is not the same count any more: it began anew. */
export function trafficSince(later: Traffic, earlier: Traffic): Traffic | undefined {
  const result = combined(later, earlier, -1);
  const counts = [...result.statuses, ...result.latency, ...Object.values(result.errors), result.bytes];
  return counts.some((count) => count < 0) ? undefined : result;
}

function combined(a: Traffic, b: Traffic, sign: 1 | -1): Traffic {
  const errors: Record<string, number> = { ...a.errors };
  for (const [code, count] of Object.entries(b.errors)) errors[code] = (errors[code] ?? 0) + sign * count;
  return {
    statuses: combinedLists(a.statuses, b.statuses, sign),
    errors,
    bytes: a.bytes + sign * b.bytes,
    durationMs: a.durationMs + sign * b.durationMs,
    latency: combinedLists(a.latency, b.latency, sign),
  };
}

function combinedLists(a: readonly number[], b: readonly number[], sign: 1 | -1): number[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, index) => (a[index] ?? 0) + sign * (b[index] ?? 0));
}

export function requestsOf({ statuses }: Traffic): number {
  return statuses.reduce((sum, count) => sum + count, 0);
}

/** Answers that tell of something broken in the app or before it. */
export function failuresOf({ statuses }: Traffic): number {
  return (statuses[5] ?? 0) + (statuses[0] ?? 0);
}

/** In milliseconds, read between the bounds; undefined where nothing was measured. */
export function quantile(latency: readonly number[], q: number): number | undefined {
  const total = latency.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  for (const [index, count] of latency.entries()) {
    const wanted = q * total - below;
    below += count;
    if (below < q * total || count === 0) continue;
    const from = index === 0 ? 0 : (latencyBoundsMs[index - 1] ?? 0);
    const to = latencyBoundsMs[index];
    // Above the last bound there is nothing to read between.
    return to === undefined ? from : from + ((to - from) * wanted) / count;
  }
  return latencyBoundsMs.at(-1);
}
