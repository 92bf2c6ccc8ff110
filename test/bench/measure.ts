import type { Berth } from "../helpers/berth.ts";

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** What the daemon measured of the last deploy, by phase. */
export function lastPhases(berth: Berth): Record<string, number> {
  return lastFields(berth, "deployed").ms ?? {};
}

/** The last line with this message in the daemon's log; empty where there is none. */
export function lastFields(berth: Berth, message: string): Record<string, Record<string, number>> {
  const line = berth.log.findLast((entry) => entry.includes(`"msg":"${message}"`));
  return line === undefined ? {} : JSON.parse(line);
}
