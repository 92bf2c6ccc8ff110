import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { STATUS_CODES } from "../lib/node-http.ts";
import { errorPage } from "./error-page.ts";
import { type Fault, faults } from "./faults.ts";
import { plainAddress } from "./headers.ts";
import { isDiscarding } from "./lingering.ts";
import type { ParserError } from "./raw-target.ts";
import type { RouterState } from "./router-state.ts";
import { isEncrypted, tlsVersion } from "./tls/encrypted.ts";

/** Bytes that are no HTTP, headers that are too long or too slow. */
export function refuseBroken(
  router: RouterState,
  error: ParserError,
  socket: Socket & { _httpMessage?: ServerResponse | null },
): void {
  socket.on("error", () => socket.destroy());
  // In the middle of a request its answer may have begun: nothing may be added to it.
  const current = socket._httpMessage;
  if (socket.writable && current?.req.complete === true && error.code !== "ECONNRESET") {
    // It is what follows that is broken.
    current.shouldKeepAlive = false;
    current.once("finish", () => socket.destroySoon());
    return;
  }
  if (!socket.writable || error.code === "ECONNRESET" || current?.headersSent || isDiscarding(socket)) {
    socket.destroy();
    return;
  }
  const fault = hasUnknownMethod(error) ? faults.unknownMethod : (broken[error.code ?? ""] ?? faults.badRequest);
  answerUnread(router, socket, fault, { accept: acceptIn(error.rawPacket), isLogged: current != null });
}

/** Of the error codes of node's parser; all others are mistakes of the client's. */
const broken: Readonly<Record<string, Fault>> = {
  HPE_HEADER_OVERFLOW: faults.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: faults.headTimeout,
};

const otherMethod = /[\w!#$%&'*+.^`|~-]{1,64} [!-~\x80-\xff]+ HTTP\/1\.[01]\r\n/y;

/** A line that is right but for a method that node's parser does not know, which tells this only by its code. */
function hasUnknownMethod({ code, rawPacket, bytesParsed = 0 }: ParserError): boolean {
  if (code !== "HPE_INVALID_METHOD" || rawPacket === undefined) return false;
  const text = rawPacket.toString("latin1");
  // It fails at the first letter that fits no method, or behind the last.
  const start = /[\w!#$%&'*+.^`|~-]*$/.exec(text.slice(Math.max(0, bytesParsed - 64), bytesParsed));
  otherMethod.lastIndex = bytesParsed - (start?.[0].length ?? 0);
  return otherMethod.test(text);
}

/** The request was not read, but maybe the part of it that says what its client wants. */
function acceptIn(packet: Buffer | undefined): string | undefined {
  return /^accept:([^\r\n]*)/im.exec(packet?.toString("latin1") ?? "")?.[1];
}

interface Unread {
  readonly accept: string | undefined;
  /** Its line in the access log comes without us. */
  readonly isLogged: boolean;
}

/** Ends a connection whose request nobody can answer, with a page that says why. */
export function answerUnread(router: RouterState, socket: Socket, fault: Fault, { accept, isLogged }: Unread): void {
  const requestId = randomUUID();
  const page = errorPage(fault, accept, requestId, router.pages.find(router.routes, undefined, fault));
  const lines = [`HTTP/1.1 ${page.status} ${STATUS_CODES[page.status]}`];
  for (let i = 0; i < page.headers.length; i += 2) lines.push(`${page.headers[i]}: ${page.headers[i + 1]}`);
  if (!isLogged) log(router, socket, fault, requestId, Buffer.byteLength(page.body));
  socket.end(`${lines.join("\r\n")}\r\nConnection: close\r\n\r\n${page.body}`, () => socket.destroy());
}

function log(router: RouterState, socket: Socket, fault: Fault, requestId: string, bytes: number): void {
  const outcome = { status: fault.status, bytes, fault };
  router.traffic.count("", outcome, 0);
  router.accessLog.write({
    ...outcome,
    endedAt: Date.now(),
    method: "",
    path: "",
    host: "",
    requestId,
    clientAddress: plainAddress(socket.remoteAddress),
    app: undefined,
    dyno: undefined,
    connectMs: undefined,
    serviceMs: 0,
    httpVersion: "",
    protocol: isEncrypted(socket) ? "https" : "http",
    tlsVersion: tlsVersion(socket),
  });
}
