import type { Server, Socket } from "node:net";
import type { AddressList } from "../lib/address-list.ts";
import { plainAddress } from "./headers.ts";
import { type End, type ProxiedEnds, readProxyHeader } from "./proxy-header.ts";
import { isEncrypted } from "./tls/encrypted.ts";
import type { WorkerLog } from "./worker-log.ts";

const headerTimeoutMs = 10_000;
const complaintEveryMs = 60_000;
/** Connections whose header was read: a server may be given one once more. */
const introduced = new WeakSet<Socket>();

export interface ProxiedOptions {
  /** Whose word is taken at present; everybody's where undefined. */
  readonly trusted: () => AddressList | undefined;
  readonly log: WorkerLog;
  /** What the server does with a connection is to read from it at once. */
  readonly reads: boolean;
}

/** Each connection to the server begins with a PROXY header from now on, and seems to come from where that says. */
export function expectProxyHeader(server: Server, { trusted, log, reads }: ProxiedOptions): void {
  const accept = server.listeners("connection") as ((socket: Socket) => void)[];
  server.removeAllListeners("connection");
  let complainedAt = Number.NEGATIVE_INFINITY;
  const refuse = (socket: Socket) => {
    socket.destroy();
    if (performance.now() - complainedAt < complaintEveryMs) return;
    complainedAt = performance.now();
    log.warn({ peer: socket.remoteAddress }, "refused a connection without a PROXY header from a trusted proxy");
  };
  server.on("connection", (socket: Socket) => {
    const handOver = () => {
      for (const each of accept) each.call(server, socket);
    };
    // What was inside of TLS has had its header before.
    if (isEncrypted(socket) || introduced.has(socket)) handOver();
    else if (trusted()?.has(plainAddress(socket.remoteAddress)) === false) refuse(socket);
    else {
      readHeader(socket, refuse, () => {
        handOver();
        if (reads) socket.resume();
      });
    }
  });
}

function readHeader(socket: Socket, refuse: (socket: Socket) => void, onRead: () => void): void {
  let begun: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    begun = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
    const header = readProxyHeader(begun);
    if (header.kind === "incomplete") return;
    socket.pause();
    stop();
    if (header.kind === "invalid") {
      refuse(socket);
      return;
    }
    if (header.ends !== undefined) pretend(socket, header.ends);
    introduced.add(socket);
    if (begun.length > header.length) socket.unshift(begun.subarray(header.length));
    onRead();
  };
  const giveUp = () => socket.destroy();
  const timer = setTimeout(giveUp, headerTimeoutMs);
  const stop = () => {
    clearTimeout(timer);
    socket.off("data", onData).off("error", giveUp).off("end", giveUp).off("close", stop);
  };
  socket.on("data", onData).on("error", giveUp).on("end", giveUp).on("close", stop);
}

type Ask = (out: Record<string, unknown>) => number;
interface Inside {
  _handle?: { getpeername?: Ask; getsockname?: Ask };
  _peername?: unknown;
  _sockname?: unknown;
}

/** At the handle, which TLS and HTTP/2 on top of the socket ask too: all who want its addresses get these. */
function pretend(socket: Socket, { source, destination }: ProxiedEnds): void {
  const inside = socket as unknown as Inside;
  const say =
    (end: End): Ask =>
    (out) => {
      Object.assign(out, end);
      return 0;
    };
  inside._peername = undefined;
  inside._sockname = undefined;
  if (inside._handle === undefined) return;
  inside._handle.getpeername = say(source);
  inside._handle.getsockname = say(destination);
}
