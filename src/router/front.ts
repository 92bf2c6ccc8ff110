import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer } from "../lib/node-http.ts";
import { answerUnread, refuseBroken } from "./broken-request.ts";
import { faults } from "./faults.ts";
import { forward } from "./forward.ts";
import { isPreface, takeOver } from "./http2/prior-knowledge.ts";
import { isClosing } from "./lingering.ts";
import { type Address, Listening } from "./listening.ts";
import { OrderedResponse, whenItsTurn } from "./ordered-response.ts";
import { expectProxyHeader } from "./proxied-server.ts";
import { type ParserError, readAgain, withEncodedTarget } from "./raw-target.ts";
import type { RouterState } from "./router-state.ts";
import { answerChallenge } from "./tls/challenge.ts";
import { isEncrypted } from "./tls/encrypted.ts";
import { Http2Front } from "./tls/http2-front.ts";
import { SecureFront } from "./tls/secure-front.ts";
import { forwardUpgrade, isWebSocket } from "./upgrade.ts";

// Of a whole head: a thousand headers of the usual size. Longer ones are refused before they are read.
const headerLimit = 256 * 1024;
const slowHeadCheckMs = 5_000;

/** The side towards clients. */
export class Front {
  readonly #router: RouterState;
  readonly #server: Server;
  /** Connections that node's server has handed over, upgraded ones: it no longer knows of them. */
  readonly #upgraded = new Set<Duplex>();

  readonly #listening: Listening;
  readonly #secure: SecureFront;
  readonly #http2: Http2Front;

  constructor(router: RouterState) {
    this.#router = router;
    this.#server = createServer({
      maxHeaderSize: headerLimit,
      headersTimeout: router.limits.clientHeadMs,
      connectionsCheckingInterval: Math.min(slowHeadCheckMs, router.limits.clientHeadMs),
      // A slow upload is no fault; the exchange with the dyno has its own rolling limits.
      requestTimeout: 0,
      keepAliveTimeout: router.limits.clientKeepAliveMs,
      shouldUpgradeCallback: isWebSocket,
      ServerResponse: OrderedResponse,
      optimizeEmptyRequests: true,
    });
    // The size bounds the number; a limit on the number would drop headers silently.
    this.#server.maxHeadersCount = 0;
    const onRequest = (request: IncomingMessage, response: ServerResponse, expectsContinue = false) => {
      if (!answerChallenge(router.entries, request, response)) forward(router, request, response, expectsContinue);
    };
    const receive = (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
      if (!isClosing(request.socket))
        whenItsTurn(request, response, () => onRequest(request, response, expectsContinue));
    };
    this.#server.on("request", receive(false));
    this.#server.on("checkContinue", receive(true));
    // One that is not known: it is refused like other requests that cannot be passed on.
    this.#server.on("checkExpectation", receive(false));
    this.#server.on("upgrade", (request, socket, head) => {
      this.#upgraded.add(socket);
      socket.once("close", () => this.#upgraded.delete(socket));
      forwardUpgrade(router, request, socket, head);
    });
    this.#http2 = new Http2Front(router, onRequest);
    this.#server.on("clientError", (error: ParserError, socket) => this.#onBroken(error, socket as Socket));
    this.#server.on("connect", ({ headers }, socket) => {
      socket.on("error", () => socket.destroy());
      answerUnread(router, socket as Socket, faults.noTunnels, { accept: headers.accept, isLogged: false });
    });
    const { log, proxyProtocol } = router;
    if (proxyProtocol) expectProxyHeader(this.#server, { trusted: () => router.trusted, log, reads: true });
    this.#listening = new Listening(this.#server, (socket) => this.#onAccepted(socket));
    this.#secure = new SecureFront(router, this.#server, this.#http2);
  }

  #onBroken(error: ParserError, socket: Socket & { _httpMessage?: ServerResponse | null }): void {
    if (isPreface(error) && !socket._httpMessage) {
      this.#http2.accept(socket, takeOver(socket, error));
      return;
    }
    const encoded = socket._httpMessage ? undefined : withEncodedTarget(error);
    if (encoded === undefined) refuseBroken(this.#router, error, socket);
    else readAgain(this.#server, socket, encoded);
  }

  #onAccepted(socket: Socket): void {
    if (this.#router.descriptors.roomFor(socket) !== "none") return;
    if (isEncrypted(socket)) socket.destroy();
    else answerUnread(this.#router, socket, faults.noDescriptors, { accept: undefined, isLogged: false });
  }

  /** Rejects with the system's error where a port is taken. */
  async listen(http: Address, https: Address | undefined): Promise<void> {
    const onError = (error: Error) => this.#router.log.error({ err: error }, "listening failed");
    await this.#listening.start(http, onError);
    if (https !== undefined) await this.#secure.listen(https, onError);
  }

  /**
   * Takes no new connections, and ends the present ones where that loses nothing: each with the answer to its next
   * request. Idle ones are closed after `idleMs`, all others after `graceMs`. Resolves when none is left.
   */
  async retire(idleMs: number, graceMs: number): Promise<void> {
    // Not before both are deaf: clients that are told to leave come back at once, and should meet the successor.
    let hearing = 2;
    const onDeaf = () => {
      hearing--;
      if (hearing === 0) this.#router.retiring = true;
    };
    this.#http2.retire(graceMs);
    const closed = Promise.all([this.#listening.stop(onDeaf), this.#secure.retire(onDeaf)]);
    const timers = [
      setTimeout(
        () => {
          this.#server.closeIdleConnections();
          timers.push(setInterval(() => this.#server.closeIdleConnections(), 250));
        },
        Math.min(idleMs, graceMs),
      ),
      setTimeout(() => {
        this.#server.closeAllConnections();
        for (const socket of this.#upgraded) socket.destroy();
      }, graceMs),
    ];
    await closed;
    for (const timer of timers) clearTimeout(timer);
  }
}
