import type { Socket } from "node:net";
import { trailerFields } from "./headers.ts";
import { pump } from "./pump.ts";
import type { RequestBody } from "./upstream.ts";

/** Sends a request's body to a dyno, framed as its head says, no faster than the dyno takes it. Returns the undo. */
export function sendBody(body: RequestBody, socket: Socket, onActivity: () => void, onSent: () => void): () => void {
  const write = body.chunked
    ? (chunk: Buffer) => writeChunk(socket, chunk)
    : (chunk: Buffer) => socket.write(chunk, letGo(chunk));
  const undoPump = pump(body.stream, { on: socket.on.bind(socket), off: socket.off.bind(socket), write }, onActivity);
  const onEnd = () => {
    undo();
    if (body.chunked) socket.write(`0\r\n${trailerLines(body)}\r\n`, "latin1");
    onSent();
  };
  body.stream.on("end", onEnd);
  const undo = () => {
    undoPump();
    body.stream.off("end", onEnd);
  };
  return undo;
}

// Smaller ones share their memory with others.
const letGoFrom = 16 * 1024;

/**
 * Gives a sent piece's memory back at once. Left to the collector, large bodies would pile up outside the heap, and what
 * they add up to sets off a collection of the whole heap every few dozen megabytes.
 */
function letGo(chunk: Buffer): ((error?: Error | null) => void) | undefined {
  const { buffer, byteLength } = chunk;
  if (byteLength < letGoFrom || buffer.byteLength !== byteLength) return undefined;
  return (error) => {
    if (!error) (buffer as ArrayBuffer).transfer(0);
  };
}

/** The size's line, the bytes and the line break leave together. */
function writeChunk(socket: Socket, chunk: Buffer): boolean {
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
  socket.write(chunk, letGo(chunk));
  const goOn = socket.write("\r\n", "latin1");
  socket.uncork();
  return goOn;
}

function trailerLines(body: RequestBody): string {
  const fields = trailerFields(body.trailers());
  let lines = "";
  for (let i = 0; i < fields.length; i += 2) lines += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return lines;
}
