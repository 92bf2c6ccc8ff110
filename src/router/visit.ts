import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { AddressList } from "../lib/address-list.ts";
import { METHODS } from "../lib/node-http.ts";
import { lineLimits } from "../model/route.ts";
import { type Fault, faults } from "./faults.ts";
import { type BodyFraming, plainAddress, requestIdFrom } from "./headers.ts";
import { originBehind } from "./origin.ts";
import { percentEncoded } from "./raw-target.ts";
import type { RoutedApp } from "./routed-app.ts";
import { isEncrypted, tlsVersion } from "./tls/encrypted.ts";

/** A request as the router sees it. */
export interface Visit {
  readonly method: string;
  /** Origin form: begins with a slash, or is `*`. */
  readonly path: string;
  /** As the client wrote it. */
  readonly host: string;
  readonly requestId: string;
  readonly clientAddress: string;
  /** Of the other end of the connection: the client itself, or a proxy before us. */
  readonly peerAddress: string;
  /** The other end is a proxy whose word is taken. */
  readonly isTrusted: boolean;
  /** That the client connected to. */
  readonly port: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly body: BodyFraming;
  readonly httpVersion: string;
  readonly protocol: "http" | "https";
  /** Of the connection to us: `tls1.3`; undefined where it is not encrypted. */
  readonly tlsVersion: string | undefined;
  /** Of the first line and of the longest header, in bytes. */
  readonly lineLength: number;
  readonly longestHeader: number;
  /** Set where the request must not reach an app. */
  readonly fault: Fault | undefined;
}

// Those of node's parser for HTTP/1.1.
const knownMethods = new Set(METHODS);

const hostPattern = /^(?:[\w.~-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i;
const absolutePattern = /^https?:\/\/([^/?#]*)([^#]*)/i;

/** `trusted`: proxies before us, whose word on where a request comes from is taken. */
export function readVisit(request: IncomingMessage, trusted: AddressList | undefined): Visit {
  const { host, path } = destination(request);
  const body = bodyFraming(request);
  const all = headerFacts(request.rawHeaders);
  const { socket } = request;
  const peerAddress = plainAddress(socket.remoteAddress);
  const protocol = isEncrypted(socket) ? "https" : "http";
  const port = socket.localPort ?? 80;
  const isTrusted = trusted?.has(peerAddress) === true;
  const origin = isTrusted
    ? originBehind(request.headers, { address: peerAddress, protocol, port }, trusted)
    : undefined;
  return {
    method: request.method ?? "GET",
    path: path ?? "/",
    host,
    requestId: requestIdFrom(request.headers["x-request-id"], randomUUID),
    clientAddress: origin?.address ?? peerAddress,
    peerAddress,
    isTrusted,
    port: origin?.port ?? port,
    startedAt: Date.now(),
    body: body ?? "none",
    httpVersion: request.httpVersion,
    protocol: origin?.protocol ?? protocol,
    tlsVersion: tlsVersion(socket),
    lineLength: lineLength(request),
    longestHeader: all.longest,
    fault: faultOf(request, { host, path, body }, all),
  };
}

/** RFC 9112, 3.2.2: the host of an absolute target wins over the header. */
function destination(request: IncomingMessage): { host: string; path: string | undefined } {
  // Over HTTP/1.1, the parser lets no other bytes through.
  const url = "stream" in request ? percentEncoded(request.url ?? "/") : (request.url ?? "/");
  const host = request.headers.host ?? "";
  if (url.startsWith("/")) return { host, path: url };
  if (url === "*" && request.method === "OPTIONS") return { host, path: url };
  // RFC 9113, 8.3.1: over HTTP/2, the host has a field of its own.
  const absolute = "stream" in request ? null : absolutePattern.exec(url);
  if (absolute === null || absolute[1] === "") return { host, path: undefined };
  const rest = absolute[2] ?? "";
  return { host: absolute[1] ?? "", path: rest.startsWith("/") ? rest : `/${rest}` };
}

/** Undefined for a coding that the router cannot pass on. node has refused contradictory lengths before. */
function bodyFraming(request: IncomingMessage): BodyFraming | undefined {
  const coding = request.headers["transfer-encoding"];
  if (coding !== undefined) return coding.toLowerCase() === "chunked" ? "chunked" : undefined;
  const length = request.headers["content-length"];
  return length === undefined || length === "0" ? "none" : "length";
}

interface Read {
  readonly host: string;
  readonly path: string | undefined;
  readonly body: BodyFraming | undefined;
}

function faultOf(request: IncomingMessage, { host, path, body }: Read, all: HeaderFacts): Fault | undefined {
  // The parser also takes 0.9 and 2.0 for an answer; a request that did come by HTTP/2 has a stream.
  if (request.httpVersionMajor !== 1 && !("stream" in request)) return faults.badRequest;
  if (request.method === "CONNECT") return faults.noTunnels;
  if ("stream" in request && !knownMethods.has(request.method ?? "")) return faults.unknownMethod;
  if (path === undefined || !(hostPattern.test(host) || mayLackHost(request))) return faults.badRequest;
  const trouble = headTrouble(request, all);
  if (trouble !== undefined) return trouble;
  if (body === undefined) return faults.notImplemented;
  // RFC 9112, 6.1: chunked did not exist in 1.0, so such a message was tampered with on its way.
  if (body === "chunked" && request.httpVersion === "1.0") return faults.badRequest;
  return undefined;
}

/** RFC 9112, 3.2: an empty host is one, and HTTP/1.0 need not have any. Only an app for all hosts gets such requests. */
function mayLackHost({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.host === "" || (headers.host === undefined && httpVersion === "1.0");
}

/** Why no app gets a request for whose host there is none. */
export function unplacedFault({ host }: Visit): Fault {
  return host === "" ? faults.badRequest : faults.unknownHost;
}

// Heroku's limits: of a name, in bytes, and of how many there are.
const nameLimit = 1_000;
const fieldsLimit = 1_000;
const versionLength = "HTTP/1.1".length;

/** What is too long for the app, which may have a limit of its own; it is checked once the app is known. */
export function lengthFault({ lineLength, longestHeader }: Visit, app: RoutedApp | undefined): Fault | undefined {
  const limit = app?.switches?.switches.headerLimit ?? lineLimits.usual;
  if (lineLength > limit) return faults.lineTooLong;
  return longestHeader > limit ? faults.headersTooLarge : undefined;
}

function lineLength({ method = "", url = "" }: IncomingMessage): number {
  return method.length + url.length + versionLength + 2;
}

interface HeaderFacts {
  readonly longest: number;
  readonly longestName: number;
  readonly hosts: number;
}

function headerFacts(rawHeaders: readonly string[]): HeaderFacts {
  let longest = 0;
  let longestName = 0;
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const length = name.length + (rawHeaders[i + 1] as string).length + 2;
    if (length > longest) longest = length;
    if (name.length > longestName) longestName = name.length;
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return { longest, longestName, hosts };
}

function headTrouble(
  { rawHeaders, headers, httpVersion }: IncomingMessage,
  { longestName, hosts }: HeaderFacts,
): Fault | undefined {
  if (rawHeaders.length > 2 * fieldsLimit || longestName > nameLimit) return faults.headersTooLarge;
  if (hosts > 1) return faults.badRequest;
  return expectsMore(headers.expect, httpVersion) ? faults.expectationFailed : undefined;
}

/** More than 100-continue. */
function expectsMore(expectation: string | undefined, httpVersion: string): boolean {
  return expectation !== undefined && httpVersion !== "1.0" && expectation.toLowerCase() !== "100-continue";
}
