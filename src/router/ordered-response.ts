import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { ServerResponse } from "../lib/node-http.ts";

// Each costs 2 KB and its client 30 bytes. Those who do this at all send a few dozen.
const waitingLimit = 1_000;
/** How many requests of a connection wait for their turn. */
const waiting = new WeakMap<Socket, number>();

/** Tells when the answers to all earlier requests of its connection have been sent. */
export class OrderedResponse extends ServerResponse {
  onTurn: (() => void) | undefined;

  override assignSocket(socket: Socket): void {
    super.assignSocket(socket);
    if (this.onTurn === undefined) return;
    waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
    this.onTurn();
  }
}

/**
 * node hands out pipelined requests as they arrive. A dyno must see them one after the other: the second one may depend on
 * what the first one did. Those whose client leaves before are dropped, and so is a client that sends more than anyone would.
 */
export function whenItsTurn(request: IncomingMessage, response: ServerResponse, work: () => void): void {
  if (response.socket !== null || !(response instanceof OrderedResponse)) {
    work();
    return;
  }
  const { socket } = request;
  const count = (waiting.get(socket) ?? 0) + 1;
  if (count > waitingLimit) {
    socket.destroy();
    return;
  }
  waiting.set(socket, count);
  response.onTurn = work;
}
