import type { Socket } from "node:net";

/** What node keeps on a connection of its server for HTTP/1.1. */
interface Parsed {
  parser?: { unconsume(): void; remove(): void; close(): void } | null;
}

type ParserError = NodeJS.ErrnoException & { rawPacket?: Buffer; bytesParsed?: number };

const events = ["data", "end", "close", "drain", "error", "timeout", "pause", "resume"];

/** RFC 9113, 3.3: node's parser knows the preface by which a client begins with HTTP/2, and goes no further. */
export function isPreface(error: NodeJS.ErrnoException): boolean {
  return error.code === "HPE_PAUSED_H2_UPGRADE";
}

/**
 * Takes a connection away from node's server for HTTP/1.1, as that does itself for an upgrade. Returns what was read beyond
 * the preface.
 */
export function takeOver(socket: Socket & Parsed, error: ParserError): Buffer {
  const { parser } = socket;
  // Before the listeners go: node's own `on` gives the connection back to the socket.
  parser?.unconsume();
  parser?.remove();
  socket.parser = null;
  for (const event of events) socket.removeAllListeners(event);
  // It is the parser that is calling us.
  setImmediate(() => parser?.close());
  return error.rawPacket?.subarray(error.bytesParsed ?? 0) ?? Buffer.alloc(0);
}
