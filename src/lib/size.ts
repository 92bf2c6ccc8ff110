const units: Readonly<Record<string, number>> = { "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Bytes of a size as Docker writes it (`512m`, `1.5g`, `1073741824`); undefined for a text that is none. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?)([bkmgt]?)b?$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  return Math.round(Number(number) * (units[unit.toLowerCase()] ?? 1));
}

/** For people: `1.5 GB`, of 1024s as Docker counts. */
export function showSize(bytes: number): string {
  const names = ["B", "kB", "MB", "GB", "TB"];
  const step = bytes < 1 ? 0 : Math.min(names.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * step);
  return `${value < 10 && step > 0 ? value.toFixed(1) : Math.round(value)} ${names[step]}`;
}
