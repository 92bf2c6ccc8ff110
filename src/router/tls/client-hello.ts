import type { Socket } from "node:net";

const recordHeader = 5;
const longestRecord = 16 * 1024;
// With its length before it, as a list of protocols has it.
const acmeProtocol = Buffer.from("\x0aacme-tls/1");

/**
 * Looks at what a client says first, and puts it back: whether it is a CA that wants to see a challenge. Node tells a
 * server the protocols only after the certificate was chosen. Not called for a client that goes away.
 */
export function wantsAcme(socket: Socket, timeoutMs: number, onKnown: (wanted: boolean) => void): void {
  let hello = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    hello = Buffer.concat([hello, chunk]);
    if (hello.length < lengthOf(hello)) return;
    socket.pause();
    stop();
    socket.unshift(hello);
    onKnown(hello.includes(acmeProtocol));
  };
  const giveUp = () => socket.destroy();
  const timer = setTimeout(giveUp, timeoutMs);
  const stop = () => {
    clearTimeout(timer);
    socket.off("data", onData).off("error", giveUp).off("close", stop);
  };
  socket.on("data", onData).on("error", giveUp).on("close", stop);
}

/** How much there must be; more than there can be of what is no TLS does not count. */
function lengthOf(hello: Buffer): number {
  if (hello.length < recordHeader) return recordHeader;
  return Math.min(recordHeader + hello.readUInt16BE(3), longestRecord);
}
