import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Http2Connection } from "../http2/connection.ts";
import type { RouterState } from "../router-state.ts";

type OnRequest = (request: IncomingMessage, response: ServerResponse, expectsContinue?: boolean) => void;

/** HTTP/2 on connections that stand. */
export class Http2Front {
  readonly #router: RouterState;
  readonly #onRequest: OnRequest;
  readonly #connections = new Set<Http2Connection>();
  #isRetiring = false;

  constructor(router: RouterState, onRequest: OnRequest) {
    this.#router = router;
    this.#onRequest = onRequest;
  }

  /** `begun`: what was read of it before, after the preface. */
  accept(socket: Socket, begun?: Buffer): void {
    const { clientKeepAliveMs, clientHeadMs } = this.#router.limits;
    const connection = new Http2Connection(socket, {
      idleMs: clientKeepAliveMs,
      headMs: clientHeadMs,
      ...(begun !== undefined && { begun }),
      onClose: () => this.#connections.delete(connection),
      // They are in the shape of node's, as far as the router uses it.
      onRequest: (request, response) =>
        this.#onRequest(
          request as unknown as IncomingMessage,
          response as unknown as ServerResponse,
          request.headers.expect?.toLowerCase() === "100-continue",
        ),
    });
    this.#connections.add(connection);
    connection.start();
    if (this.#isRetiring) connection.retire();
  }

  /** Each client is told to begin nothing more here; what is open goes on. */
  retire(graceMs: number): void {
    this.#isRetiring = true;
    for (const connection of this.#connections) connection.retire();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, graceMs);
    timer.unref();
  }
}
