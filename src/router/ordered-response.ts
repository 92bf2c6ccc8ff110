import type { Socket } from "node:net";
import { ServerResponse } from "../lib/node-http.ts";

/** Tells when the answers to all earlier requests of its connection have been sent. */
export class OrderedResponse extends ServerResponse {
  onTurn: (() => void) | undefined;

  override assignSocket(socket: Socket): void {
    super.assignSocket(socket);
    this.onTurn?.();
  }
}

/**
 * node hands out pipelined requests as they arrive. A dyno must see them one after the other: the second one may depend on
 * what the first one did. Those whose client leaves before are dropped.
 */
export function whenItsTurn(response: ServerResponse, work: () => void): void {
  if (response.socket !== null || !(response instanceof OrderedResponse)) work();
  else response.onTurn = work;
}
