const unitMs: Readonly<Record<string, number>> = { ms: 1, "": 1_000, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `500ms`, `30s`, `5m`, `1h`, `1d` or a number of seconds; undefined for a text that is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d|)$/.exec(text);
  return match === null ? undefined : Math.round(Number(match[1]) * (unitMs[match[2] ?? ""] ?? 0));
}

/** `45 seconds`, `30 minutes` */
export function showDuration(ms: number): string {
  const [count, unit] = ms < 120_000 ? [Math.round(ms / 1000), "second"] : [Math.round(ms / 60_000), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
