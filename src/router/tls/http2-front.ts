import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2Server, ServerHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { RouterState } from "../router-state.ts";
import { loadHttp2 } from "./http2-messages.ts";

type OnRequest = (request: IncomingMessage, response: ServerResponse, expectsContinue?: boolean) => void;

// node's 64 KB would slow uploads down to that in each round trip. What a connection may have on its way is what an app that
// does not read costs the worker.
const streamWindow = 512 * 1024;
const connectionWindow = 2 * 1024 * 1024;

const usualListSize = 32 * 1024;

/** HTTP/2 on connections whose TLS stands. */
export class Http2Front {
  readonly #server: Http2Server;
  readonly #router: RouterState;
  readonly #sessions = new Set<ServerHttp2Session>();
  #listSize = usualListSize;

  constructor(router: RouterState, onRequest: OnRequest) {
    this.#router = router;
    const { http2, Request, Response } = loadHttp2();
    this.#server = http2.createServer({
      settings: {
        maxConcurrentStreams: 250,
        // The size bounds the number of headers, as it does on plain connections.
        maxHeaderListSize: usualListSize,
        initialWindowSize: streamWindow,
      },
      maxHeaderListPairs: 4_000,
      Http2ServerRequest: Request,
      Http2ServerResponse: Response,
    });
    const handle = (expectsContinue: boolean) => (request: unknown, response: unknown) =>
      onRequest(request as IncomingMessage, response as ServerResponse, expectsContinue);
    this.#server.on("request", handle(false));
    this.#server.on("checkContinue", handle(true));
    this.#server.on("checkExpectation", handle(false));
    this.#server.on("session", (session) => this.#onSession(session, router.limits.clientKeepAliveMs));
  }

  accept(socket: TLSSocket): void {
    this.#fitHeaders();
    this.#server.emit("connection", socket);
  }

  /** New connections take what the app with the highest limit does. */
  #fitHeaders(): void {
    const maxHeaderListSize = Math.max(usualListSize, this.#router.routes.lineLimit + usualListSize / 2);
    if (maxHeaderListSize === this.#listSize) return;
    this.#listSize = maxHeaderListSize;
    this.#server.updateSettings({ maxHeaderListSize });
  }

  /** Each client is told to begin nothing more here; what is open goes on. */
  retire(graceMs: number): void {
    for (const session of this.#sessions) session.close();
    // Those that were in the middle of the handshake.
    this.#server.on("session", (session) => session.close());
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.destroy();
    }, graceMs);
    timer.unref();
  }

  #onSession(session: ServerHttp2Session, idleMs: number): void {
    let open = 0;
    this.#sessions.add(session);
    session.once("close", () => this.#sessions.delete(session));
    session.setLocalWindowSize(connectionWindow);
    session.on("stream", (stream) => {
      open++;
      stream.once("close", () => {
        open--;
      });
    });
    session.setTimeout(idleMs, () => {
      if (open === 0) session.close();
    });
  }
}
