export type Coding = "br" | "gzip";

/** RFC 9110, 12.5.3: the coding of ours that the client likes best; brotli where it likes both the same. */
export function acceptedCoding(header: string | undefined): Coding | undefined {
  if (header === undefined) return undefined;
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((word) => word.trim());
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    weights.set(name, quality === undefined ? 1 : Number(quality.slice(2)) || 0);
  }
  const weightOf = (...names: string[]) =>
    names.map((name) => weights.get(name)).find((weight) => weight !== undefined) ?? 0;
  const br = weightOf("br", "*");
  const gzip = weightOf("gzip", "x-gzip", "*");
  // A client that would rather have it as it is says so.
  const least = weights.get("identity") ?? 0;
  if (Math.max(br, gzip) === 0 || Math.max(br, gzip) < least) return undefined;
  return br >= gzip ? "br" : "gzip";
}
