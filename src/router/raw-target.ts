import type { Server } from "node:http";
import type { Socket } from "node:net";
import { METHODS } from "../lib/node-http.ts";

/** What node's parser says with an error of its own. */
export interface ParserError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
  /** Where in the packet it failed. */
  readonly bytesParsed?: number;
}

// Only those that no other one ends with: the beginning of LOCK's line could be the rest of UNLOCK's, whose first letters came
// in a packet before.
const methods = METHODS.filter((method) => !METHODS.some((other) => other !== method && other.endsWith(method)));
const firstLine = new RegExp(`^(?:${methods.join("|")}) [!-~\\x80-\\xff]+ HTTP/1\\.[01]\\r\\n`);

/**
 * The packet with the bytes beyond ASCII in its first line percent-encoded, where these are all that node's parser has against
 * it: old clients send paths in raw UTF-8. Undefined for all else, and for a request that does not begin with the packet.
 */
export function withEncodedTarget({ code, rawPacket, bytesParsed = -1 }: ParserError): Buffer | undefined {
  if (code !== "HPE_INVALID_URL" || rawPacket === undefined || (rawPacket[bytesParsed] ?? 0) < 0x80) return undefined;
  const line = firstLine.exec(rawPacket.toString("latin1", 0, rawPacket.indexOf(10) + 1))?.[0];
  if (line === undefined || bytesParsed >= line.length) return undefined;
  return Buffer.concat([Buffer.from(percentEncoded(line), "latin1"), rawPacket.subarray(line.length)]);
}

/** `text` is in latin1, a character a byte. */
export function percentEncoded(text: string): string {
  return text.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

const listenedTo = ["data", "end", "drain", "error", "timeout", "pause", "resume"];

/**
 * Gives the connection to the server once more, as a new one that begins with these bytes. What node has tied to it goes
 * first, by node's own means: it frees its parser when the connection closes.
 */
export function readAgain(server: Server, socket: Socket, bytes: Buffer): void {
  socket.pause();
  socket.setTimeout(0);
  const onClose = socket.listeners("close").find(({ name }) => name === "bound socketOnClose");
  if (onClose !== undefined) {
    socket.off("close", onClose as () => void);
    Reflect.apply(onClose, socket, []);
  }
  for (const event of listenedTo) socket.removeAllListeners(event);
  const giveUp = () => socket.destroy();
  socket.once("error", giveUp);
  // Node's parser is still at work below us.
  setImmediate(() => {
    if (socket.destroyed) return;
    socket.off("error", giveUp);
    socket.unshift(bytes);
    server.emit("connection", socket);
    socket.resume();
  });
}
