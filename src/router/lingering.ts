import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

const lingerMs = 5_000;

/**
 * Makes an answer the last one of its connection, where the request may not have been read to its end. RFC 9112, 9.6: to close
 * a connection on which bytes still come resets it, and the client may lose an answer that it has not read yet. So our side
 * ends first, and what the client goes on sending is read for a while.
 */
export function closeUnread(request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
  // In HTTP/2, this ends a stream.
  if ("stream" in request) return;
  const { socket } = request;
  const close = socket.destroySoon.bind(socket);
  // It is with this that node's server closes a connection after its last answer.
  socket.destroySoon = () => {
    if (request.complete) close();
    else linger(request, socket);
  };
}

function linger(request: IncomingMessage, socket: Socket): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(timer));
  request.once("end", () => socket.destroy()).resume();
}

/** Nothing that comes on it is a request any more. */
export function isClosing(socket: Socket): boolean {
  return socket.writableEnded;
}

/** By connection: a request that was answered before it was read to its end. */
const discarded = new WeakMap<Socket, IncomingMessage>();

/** Reads what is left of a body that nobody wants off the connection, or the next request would not be seen. */
export function discardRest(request: IncomingMessage): void {
  discarded.set(request.socket, request);
  request.resume();
}

/** What is wrong with the bytes that come now concerns a request that has its answer. */
export function isDiscarding(socket: Socket): boolean {
  return discarded.get(socket)?.complete === false;
}
