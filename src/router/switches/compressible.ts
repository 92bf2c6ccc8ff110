import { mayHaveBody, type RawHeaders } from "../headers.ts";

// Below it, compressed answers are hardly smaller, if at all, and both sides have the work.
const leastBytes = 1_024;

const types = new Set([
  "application/javascript",
  "application/json",
  "application/manifest",
  "application/rtf",
  "application/vnd.ms-fontobject",
  "application/wasm",
  "application/x-javascript",
  "application/x-ndjson",
  "application/xml",
  "font/otf",
  "font/ttf",
  "image/bmp",
  "image/svg+xml",
  "image/x-icon",
]);

/** `eager`: each piece is of use as soon as it is there. */
export type Compressible = { readonly eager: boolean } | undefined;

/** Whether an answer is worth compressing, and may be. Header names in any case. */
export function compressible(status: number, headers: RawHeaders): Compressible {
  // Parts are parts of what the app counts.
  if (!mayHaveBody(status) || status === 206) return undefined;
  let type: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] as string;
    switch ((headers[i] as string).toLowerCase()) {
      case "content-type":
        type = (value.split(";", 1)[0] as string).trim().toLowerCase();
        break;
      case "content-length":
        if (Number(value) < leastBytes) return undefined;
        break;
      case "cache-control":
        if (/(?:^|[\s,])no-transform(?:$|[\s,])/i.test(value)) return undefined;
        break;
      // What they say would not be true any more.
      case "content-encoding":
      case "content-range":
      case "content-md5":
      case "content-digest":
      case "digest":
        return undefined;
    }
  }
  if (type === undefined || !isText(type)) return undefined;
  return { eager: type === "text/event-stream" };
}

function isText(type: string): boolean {
  return type.startsWith("text/") || types.has(type) || type.endsWith("+json") || type.endsWith("+xml");
}

/** The headers of the compressed answer: a variant of its own, of which there are no parts. */
export function compressedHeaders(headers: RawHeaders, coding: string, length: number | undefined): string[] {
  const result: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const key = name.toLowerCase();
    if (key === "content-length" || key === "accept-ranges") continue;
    // RFC 9110, 8.8.1: other bytes with the same meaning.
    result.push(name, key === "etag" && !value.startsWith("W/") ? `W/${value}` : value);
  }
  result.push("Content-Encoding", coding);
  if (length !== undefined) result.push("Content-Length", String(length));
  return result;
}

/** For caches: that the answer depends on what the client takes. */
export function withVary(headers: string[]): string[] {
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() !== "vary") continue;
    const value = headers[i + 1] as string;
    if (/(?:^|[\s,])(?:accept-encoding|\*)(?:$|[\s,])/i.test(value)) return headers;
  }
  headers.push("Vary", "Accept-Encoding");
  return headers;
}
