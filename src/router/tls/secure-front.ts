import type { Server as HttpServer } from "node:http";
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import type { SecureContext, TLSSocket, Server as TlsServer } from "node:tls";
import { createSecureContext, createServer } from "../../lib/node-tls.ts";
import { type Address, Listening } from "../listening.ts";
import { expectProxyHeader } from "../proxied-server.ts";
import type { RouterState } from "../router-state.ts";
import { wantsAcme } from "./client-hello.ts";
import type { Http2Front } from "./http2-front.ts";
import { profile } from "./profile.ts";

const longestHandshakeMs = 10_000;

/** The side towards clients that want TLS. What is inside goes to the server for plain HTTP, or to the one for HTTP/2. */
export class SecureFront {
  readonly #router: RouterState;
  readonly #http: HttpServer;
  readonly #http2: Http2Front;
  readonly #tcp: TcpServer;
  readonly #listening: Listening;
  readonly #handshakeMs: number;
  #tls: TlsServer | undefined;
  #acme: TlsServer | undefined;

  constructor(router: RouterState, http: HttpServer, http2: Http2Front) {
    this.#router = router;
    this.#http = http;
    this.#http2 = http2;
    this.#handshakeMs = Math.min(longestHandshakeMs, router.limits.clientHeadMs);
    this.#tcp = createTcpServer({ noDelay: true }, (socket) => this.#onSocket(socket));
    const { log, proxyProtocol } = router;
    if (proxyProtocol) expectProxyHeader(this.#tcp, { trusted: () => router.trusted, log, reads: false });
    this.#listening = new Listening(this.#tcp, (socket) => {
      if (router.descriptors.roomFor(socket) === "none") socket.destroy();
    });
  }

  async listen(address: Address, onError: (error: Error) => void): Promise<void> {
    const { entries, contexts } = this.#router;
    this.#tls = this.#createTls();
    entries.onChange = (id) => {
      contexts.forget(id);
      if (id === "tls" || id === entries.tls?.certificate) this.#renew();
    };
    this.#renew();
    await this.#listening.start(address, onError);
  }

  /** Takes no new connections. Resolves when the last one has ended. */
  async retire(onDeaf: () => void): Promise<void> {
    await this.#listening.stop(onDeaf);
  }

  #onSocket(socket: Socket): void {
    // Only while a CA is expected is it worth the look at what the client wants.
    if (!this.#router.entries.awaitsAlpn) this.#tls?.emit("connection", socket);
    else
      wantsAcme(socket, this.#handshakeMs, (wanted) =>
        (wanted ? this.#acmeServer() : this.#tls)?.emit("connection", socket),
      );
  }

  #createTls(): TlsServer {
    const { contexts } = this.#router;
    const server = createServer({
      ...profile,
      ALPNProtocols: ["h2", "http/1.1"],
      handshakeTimeout: this.#handshakeMs,
      SNICallback: (name, done) => answer(done, () => contexts.forHost(name)),
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      if (socket.alpnProtocol === "h2") this.#http2.accept(socket);
      else this.#http.emit("connection", socket);
    });
    return closingFailures(server);
  }

  /** Certificate for clients that name no host, and keys for tickets. */
  #renew(): void {
    const { tls, certificate } = this.#defaults();
    if (tls === undefined || certificate === undefined) return;
    try {
      this.#tls?.setSecureContext({
        ...profile,
        cert: certificate.chain,
        key: certificate.key,
        ticketKeys: Buffer.from(tls.ticketKeys, "base64"),
      });
    } catch (error) {
      this.#router.log.error({ err: error }, "default certificate or ticket keys cannot be used");
    }
  }

  #defaults() {
    const { entries } = this.#router;
    const { tls } = entries;
    return { tls, certificate: tls === undefined ? undefined : entries.certificate(tls.certificate) };
  }

  /** RFC 8737: the handshake is all that the CA wants. */
  #acmeServer(): TlsServer {
    if (this.#acme !== undefined) return this.#acme;
    const { entries } = this.#router;
    const server = createServer({
      ...profile,
      ALPNProtocols: ["acme-tls/1"],
      handshakeTimeout: this.#handshakeMs,
      SNICallback: (name, done) =>
        answer(done, () => {
          const challenge = entries.alpnChallenge(name.toLowerCase());
          return challenge && createSecureContext({ cert: challenge.chain, key: challenge.key });
        }),
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      socket.on("error", () => socket.destroy());
      socket.end();
    });
    this.#acme = closingFailures(server);
    return this.#acme;
  }
}

/** node leaves a connection open whose handshake takes too long. */
function closingFailures(server: TlsServer): TlsServer {
  return server.on("tlsClientError", (_error, socket) => socket.destroy());
}

type Done = (error: Error | null, context?: SecureContext) => void;

function answer(done: Done, find: () => SecureContext | undefined): void {
  try {
    done(null, find());
  } catch (error) {
    done(error as Error);
  }
}
