import { tellsOrigin } from "./origin-headers.ts";

/** Header lists are flat, as node's `rawHeaders`: name, value, name, value. Order and repeated names are kept. */
export type RawHeaders = readonly string[];

/** RFC 9110, 7.6.1. `Trailer` describes the body that is passed on, so it stays. */
const hopByHop = new Set(["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"]);

// `Proxy` would become HTTP_PROXY in CGI-like apps (httpoxy); `Expect` is answered by the router.
const notForDynos = new Set([
  ...hopByHop,
  "expect",
  "proxy",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-request-id",
  "x-request-start",
]);

// A client may not take these out by naming them in Connection: the message would change its meaning.
const keptThoughNamed = new Set(["host", "content-length", "content-type", "cookie", "authorization"]);

export interface RequestFacts {
  readonly httpVersion: string;
  /** `Connection` of the request, lines joined. */
  readonly connection: string | undefined;
  /** `X-Forwarded-For` of the request, lines joined. */
  readonly forwardedFor: string | undefined;
  /** Of whoever sent it to us. */
  readonly clientAddress: string;
  /** Whoever sent it is a proxy whose word on where it comes from is taken. */
  readonly isTrusted: boolean;
  readonly protocol: "http" | "https";
  /** Port the client connected to. */
  readonly port: number;
  /** As the client wrote it, port included. */
  readonly host: string;
  readonly requestId: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly body: BodyFraming;
  /** Protocol to switch to, for an upgrade. */
  readonly upgrade?: string;
  /** Taken off the path. */
  readonly prefix?: string | undefined;
}

/** How the body is delimited on the connection to the dyno. `length`: its Content-Length is among the raw headers. */
export type BodyFraming = "none" | "length" | "chunked";

/** The headers that the dyno gets. `method` decides whether an absent body must be said. */
export function requestHeaders(raw: RawHeaders, method: string, facts: RequestFacts): string[] {
  const named = namedInConnection(facts.connection);
  const headers: string[] = [];
  let host = false;
  let length = false;
  let forwardedHost = facts.host === "";
  let prefix = facts.prefix ?? "";
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const key = name.toLowerCase();
    if (notForDynos.has(key) || named?.has(key) || isDisguised(key)) continue;
    if (tellsOrigin(key)) {
      if (!facts.isTrusted) continue;
      if (key === "x-forwarded-host") forwardedHost = true;
      if (key === "x-forwarded-prefix") {
        prefix = raw[i + 1] + prefix;
        continue;
      }
    }
    if (key === "host") {
      headers.push(name, facts.host);
      host = true;
      continue;
    }
    if (key === "content-length") {
      if (facts.body === "chunked") continue;
      length = true;
    }
    headers.push(name, raw[i + 1] as string);
  }
  if (!host) headers.push("Host", facts.host);
  // Without it, node would begin a chunked body for these methods.
  if (facts.body === "none" && !length && expectsBody(method)) headers.push("Content-Length", "0");
  if (facts.body === "chunked") headers.push("Transfer-Encoding", "chunked");
  if (facts.upgrade !== undefined) headers.push("Connection", "Upgrade", "Upgrade", facts.upgrade);
  if (prefix !== "") headers.push("X-Forwarded-Prefix", prefix);
  const forwardedFor = facts.forwardedFor ? `${facts.forwardedFor}, ${facts.clientAddress}` : facts.clientAddress;
  headers.push(
    "X-Forwarded-For",
    forwardedFor,
    "X-Forwarded-Proto",
    facts.protocol,
    "X-Forwarded-Port",
    String(facts.port),
    "X-Request-Id",
    facts.requestId,
    "X-Request-Start",
    String(facts.startedAt),
    "Via",
    `${facts.httpVersion} berth`,
  );
  if (!forwardedHost) headers.push("X-Forwarded-Host", facts.host);
  return headers;
}

export interface ResponseFacts {
  readonly status: number;
  readonly method: string;
  /** Of the client's request. */
  readonly httpVersion: string;
  /** Of the dyno's response. */
  readonly dynoHttpVersion: string;
}

/** The headers that the client gets. Framing is left to the server: chunked where there is no Content-Length. */
export function responseHeaders(raw: RawHeaders, facts: ResponseFacts): string[] {
  const named = namedInConnection(connectionOf(raw));
  const headers: string[] = [];
  let trailer = -1;
  let length = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const key = name.toLowerCase();
    if (hopByHop.has(key) || named?.has(key)) continue;
    if (key === "content-length") {
      // RFC 9110, 8.6: not in a 204.
      if (facts.status === 204) continue;
      length = true;
    }
    if (key === "trailer") trailer = headers.length;
    headers.push(name, raw[i + 1] as string);
  }
  const chunked = !length && facts.httpVersion !== "1.0" && facts.method !== "HEAD" && mayHaveBody(facts.status);
  // node refuses to announce trailers on a message that cannot carry them.
  if (trailer >= 0 && !chunked) return withoutName([...headers, "Via", `${facts.dynoHttpVersion} berth`], "trailer");
  headers.push("Via", `${facts.dynoHttpVersion} berth`);
  return headers;
}

/** Headers of a 1xx response. */
export function informationHeaders(raw: RawHeaders): string[] {
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if (!hopByHop.has((raw[i] as string).toLowerCase())) headers.push(raw[i] as string, raw[i + 1] as string);
  }
  return headers;
}

// RFC 9110, 6.5.1: what frames, routes or identifies a message cannot come after it.
const notInTrailers = new Set([...notForDynos, ...keptThoughNamed, "trailer", "content-encoding", "set-cookie", "via"]);

/** Trailer fields that may be passed on, in either direction. */
export function trailerFields(raw: RawHeaders): RawHeaders {
  if (raw.length === 0) return raw;
  const fields: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const key = (raw[i] as string).toLowerCase();
    if (!notInTrailers.has(key) && !isDisguised(key) && !tellsOrigin(key))
      fields.push(raw[i] as string, raw[i + 1] as string);
  }
  return fields;
}

export function mayHaveBody(status: number): boolean {
  return status !== 204 && status !== 304 && status >= 200;
}

const requestIdPattern = /^[A-Za-z0-9+/=-]{20,200}$/;

/** Heroku's rule: the client's id is kept where it is one. */
export function requestIdFrom(inbound: string | string[] | undefined, generate: () => string): string {
  return typeof inbound === "string" && requestIdPattern.test(inbound) ? inbound : generate();
}

/** Host without port and trailing dot, in lower case: `Example.COM.:8080` is `example.com`, `[::1]:80` is `[::1]`. */
export function hostName(host: string): string {
  const end = host.startsWith("[") ? host.indexOf("]") + 1 : host.indexOf(":");
  const name = end > 0 ? host.slice(0, end) : host;
  return (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
}

/** `::ffff:192.0.2.1` is how a socket that listens for IPv6 too sees an IPv4 client. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "unknown";
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

function namedInConnection(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return undefined;
  const names = new Set<string>();
  for (const token of connection.split(",")) {
    const name = token.trim().toLowerCase();
    if (name !== "" && !keptThoughNamed.has(name)) names.add(name);
  }
  return names;
}

function connectionOf(raw: RawHeaders): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name.length !== 10 || name.toLowerCase() !== "connection") continue;
    found = found === undefined ? (raw[i + 1] as string) : `${found},${raw[i + 1]}`;
  }
  return found;
}

/** `X_Forwarded_Proto` is the same variable as `X-Forwarded-Proto` to WSGI, Rack and CGI apps. */
function isDisguised(key: string): boolean {
  if (!key.includes("_")) return false;
  const plain = key.replaceAll("_", "-");
  return notForDynos.has(plain) || tellsOrigin(plain);
}

function expectsBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD" && method !== "DELETE" && method !== "OPTIONS" && method !== "TRACE";
}

function withoutName(headers: string[], key: string): string[] {
  const rest: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() !== key) rest.push(headers[i] as string, headers[i + 1] as string);
  }
  return rest;
}
