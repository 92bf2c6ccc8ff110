import type { RawHeaders } from "../headers.ts";

// RFC 9113, 8.2.2, `Host`, which is a field of its own, and what node refuses besides.
const notInHttp2 = new Set([
  "host",
  "connection",
  "http2-settings",
  "proxy-connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "te",
]);

/** The head of a request, as HTTP/2 has it, from that of HTTP/1.1. */
export function requestFields(method: string, path: string, headers: RawHeaders): string[] {
  const fields: string[] = [];
  let host = "";
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (name === "host") host = headers[i + 1] as string;
    if (!notInHttp2.has(name)) fields.push(name, headers[i + 1] as string);
  }
  // We do pass trailers on, and servers of gRPC insist on being told.
  return [":method", method, ":scheme", "http", ":authority", host, ":path", path, ...fields, "te", "trailers"];
}

/** All but `:status`. */
export function responseFields(raw: readonly string[]): string[] {
  const fields: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if (!(raw[i] as string).startsWith(":")) fields.push(raw[i] as string, raw[i + 1] as string);
  }
  return fields;
}

/** For node, which takes trailers in this form only. */
export function grouped(flat: RawHeaders): Record<string, string[]> {
  // A trailer may be called `constructor`.
  const result: Record<string, string[]> = Object.create(null);
  for (let i = 0; i < flat.length; i += 2) {
    const name = (flat[i] as string).toLowerCase();
    if (!notInHttp2.has(name)) result[name] = [...(result[name] ?? []), flat[i + 1] as string];
  }
  return result;
}
