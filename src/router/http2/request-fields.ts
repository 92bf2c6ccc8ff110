import type { IncomingHttpHeaders } from "node:http";

/** What the fields of a request say, as HTTP/1.1 would. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
  /** In bytes; undefined where it is not said. */
  readonly contentLength: number | undefined;
}

// RFC 9113, 8.2.2.
const ofConnections = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);
const methodPattern = /^[\w!#$%&'*+.^`|~-]+$/;
const schemePattern = /^[a-z][a-z0-9+.-]*$/i;
const visible = /^[\x21-\x7e\x80-\xff]*$/;

/** Undefined for a malformed request (RFC 9113, 8.1.1). `fields` have been checked one by one. */
export function readRequestHead(fields: readonly string[], endsStream: boolean): RequestHead | undefined {
  const pseudo = readPseudo(fields);
  if (pseudo === undefined) return undefined;
  const { method = "", path, scheme, authority } = pseudo;
  if (!methodPattern.test(method)) return undefined;
  const isConnect = method === "CONNECT";
  if (isConnect ? path !== undefined || scheme !== undefined || !authority : !path || !scheme) return undefined;
  if (!visible.test(path ?? "") || !visible.test(authority ?? "") || !schemePattern.test(scheme ?? "x"))
    return undefined;
  const rawHeaders = authority === undefined ? [] : ["host", authority];
  const length = readRegular(fields, authority !== undefined, rawHeaders);
  if (length === false || (endsStream && length !== undefined && length > 0)) return undefined;
  return { method, url: path ?? authority ?? "", rawHeaders, contentLength: length };
}

/** Undefined for malformed ones. */
export function readTrailers(fields: readonly string[]): string[] | undefined {
  const trailers: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.startsWith(":") || ofConnections.has(name)) return undefined;
    trailers.push(name, fields[i + 1] as string);
  }
  return trailers;
}

interface Pseudo {
  method?: string;
  path?: string;
  scheme?: string;
  authority?: string;
}

const pseudoNames: Readonly<Record<string, keyof Pseudo>> = {
  ":method": "method",
  ":path": "path",
  ":scheme": "scheme",
  ":authority": "authority",
};

/** RFC 9113, 8.3: each once, before all others. */
function readPseudo(fields: readonly string[]): Pseudo | undefined {
  const pseudo: Pseudo = {};
  let isOver = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.charCodeAt(0) !== 58) {
      isOver = true;
      continue;
    }
    const key = pseudoNames[name];
    if (isOver || key === undefined || pseudo[key] !== undefined) return undefined;
    pseudo[key] = fields[i + 1] as string;
  }
  return pseudo;
}

/** Adds all others. Returns the length they say, false where they may not be. Cookies may come in pieces (8.2.3). */
function readRegular(fields: readonly string[], hasAuthority: boolean, raw: string[]): number | undefined | false {
  let length: number | undefined;
  let cookie = -1;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (name.charCodeAt(0) === 58 || (hasAuthority && name === "host")) continue;
    if (ofConnections.has(name) || (name === "te" && value.toLowerCase() !== "trailers")) return false;
    if (name === "content-length") {
      if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== Number(value))) return false;
      if (length !== undefined) continue;
      length = Number(value);
    }
    if (name !== "cookie") raw.push(name, value);
    else if (cookie >= 0) raw[cookie] += `; ${value}`;
    else cookie = raw.push(name, value) - 1;
  }
  return length;
}

/** As node gives those of HTTP/1.1. */
export function headersOf(raw: readonly string[], isChunked: boolean): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = Object.create(null);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const before = headers[name];
    if (name === "set-cookie") headers[name] = [...(headers[name] ?? []), value];
    else headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  // Frames say where it ends; towards the dyno, chunks have to.
  if (isChunked) headers["transfer-encoding"] = "chunked";
  return headers;
}
