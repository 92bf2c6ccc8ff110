import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type HttpProxy from "http-proxy";
import { Agent, ServerResponse } from "../lib/node-http.ts";
import type { TargetState } from "./balancer.ts";
import { connectTo } from "./connect.ts";
import { isExhausted } from "./descriptors.ts";
import { type Fault, faults, interruptions } from "./faults.ts";
import { requestHeaders } from "./headers.ts";
import { type Place, pathWithin, strippedPrefix } from "./place.ts";
import { answerRedirect, redirectOf } from "./redirect.ts";
import { relayMessage } from "./relay.ts";
import type { RoutedApp } from "./routed-app.ts";
import { emptyOutcome, logAccess, type Outcome, type RouterState, refuse } from "./router-state.ts";
import type { AppSwitches } from "./switches/app-switches.ts";
import { choose } from "./switches/choose.ts";
import { passage, visitorOf } from "./switches/passage.ts";
import type { ExchangeLimits } from "./upstream.ts";
import { lengthFault, readVisit, unplacedFault, type Visit } from "./visit.ts";

/** Whether a request is for a WebSocket. Other upgrades are answered as plain requests, which RFC 9110, 7.8 allows. */
export function isWebSocket(request: IncomingMessage): boolean {
  return request.method === "GET" && request.headers.upgrade?.trim().toLowerCase() === "websocket";
}

/** Takes one upgraded connection to a dyno. The connection is counted as open on its target until both ends are closed. */
export function forwardUpgrade(router: RouterState, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const upgrading = new Upgrading(router, request, socket as Socket, head);
  upgrading.run().catch((error: unknown) => {
    router.log.error({ err: error }, "upgrade failed");
    socket.destroy();
  });
}

class Upgrading {
  readonly #router: RouterState;
  readonly #request: IncomingMessage;
  readonly #client: Socket;
  readonly #head: Buffer;
  readonly #visit: Visit;
  readonly #outcome: Outcome = emptyOutcome();
  readonly #gone = new AbortController();
  #place: Place | undefined;
  #dyno: Socket | undefined;
  #outgoing: ClientRequest | undefined;
  #answered = false;
  #switches: AppSwitches | undefined;

  constructor(router: RouterState, request: IncomingMessage, client: Socket, head: Buffer) {
    this.#router = router;
    this.#request = request;
    this.#client = client;
    this.#head = head;
    this.#visit = readVisit(request, router.trusted);
  }

  async run(): Promise<void> {
    this.#client.on("error", () => this.#client.destroy());
    this.#client.once("close", () => this.#onClose());
    if (this.#router.descriptors.refuses(this.#request)) return this.#refuse(faults.noDescriptors);
    if (this.#visit.fault !== undefined) return this.#refuse(this.#visit.fault);
    this.#place = this.#router.routes.place(this.#visit.host, this.#visit.path);
    this.#outcome.app = this.#place?.app;
    const tooLong = lengthFault(this.#visit, this.#place?.app);
    if (tooLong !== undefined) return this.#refuse(tooLong);
    if (this.#place === undefined) return this.#refuse(unplacedFault(this.#visit));
    if (this.#place.app.routes.maintenance) return this.#refuse(faults.maintenance);
    const redirect = redirectOf(this.#router, this.#visit, this.#place);
    if (redirect !== undefined) return this.#redirect(redirect);
    const refused = await this.#enter(this.#place.app);
    if (refused !== undefined) return this.#refuse(refused);
    const connected = await this.#connect();
    if (this.#client.destroyed) {
      if (connected instanceof Agent) connected.destroy();
      return;
    }
    if (!(connected instanceof Agent)) return this.#refuse(connected);
    await this.#handOver(connected);
  }

  async #enter(app: RoutedApp): Promise<Fault | undefined> {
    const { switches } = app;
    if (switches === undefined) return undefined;
    const visitor = visitorOf(this.#request, this.#visit);
    const refused = switches.enter(visitor);
    if (refused !== undefined) return refused;
    this.#switches = switches;
    return await passage(app, switches, visitor, (listener) => this.#client.once("close", listener));
  }

  #pick(tried: ReadonlySet<TargetState>): TargetState | undefined {
    const { balancer } = this.#router;
    const { app } = this.#outcome;
    if (this.#switches === undefined || app === undefined) return balancer.pick(app?.targets ?? [], tried);
    const { clientAddress } = this.#visit;
    return choose(balancer, app, this.#switches, { clientAddress, cookie: this.#request.headers.cookie, tried });
  }

  get #limits(): ExchangeLimits {
    return this.#outcome.app?.limits ?? this.#router.limits;
  }

  /** The connection is made before http-proxy has a say: it cannot try another target. */
  async #connect(): Promise<Agent | Fault> {
    const { balancer } = this.#router;
    const tried = new Set<TargetState>();
    let fault: Fault = faults.noWebDynos;
    while (!this.#gone.signal.aborted) {
      const state = this.#pick(tried);
      if (state === undefined) break;
      balancer.opened(state);
      try {
        const socket = await connectTo(state.target, this.#limits.connectMs, this.#gone.signal);
        balancer.answered(state);
        socket.on("error", () => socket.destroy());
        this.#dyno = socket;
        this.#outcome.state = state;
        this.#outcome.connectedAt = Date.now();
        return new ConnectedAgent(socket);
      } catch (error) {
        if (isExhausted(error)) {
          balancer.closed(state);
          this.#router.descriptors.complain({ err: error });
          return faults.noDescriptors;
        }
        tried.add(state);
        if (!this.#gone.signal.aborted) balancer.putAside(state);
        balancer.closed(state);
        fault = (error as NodeJS.ErrnoException).code === "ETIMEDOUT" ? faults.connectTimeout : faults.refused;
      }
    }
    return fault;
  }

  async #handOver(agent: Agent): Promise<void> {
    const { default: httpProxy } = await loadHttpProxy();
    const bridge = httpProxy.createProxyServer({ toProxy: true, prependPath: false });
    bridge.on("proxyReqWs", (outgoing) => this.#onRequest(outgoing));
    bridge.on("open", (dyno) => this.#onOpen(dyno));
    const { target } = this.#outcome.state as TargetState;
    const options = { target: { host: target.address, port: target.port }, agent };
    bridge.ws(this.#requestView(), this.#client, this.#head, options, (error) => this.#onError(error));
    // http-proxy would send the body of a refusal with the wrong framing.
    this.#outgoing?.removeAllListeners("response");
    this.#outgoing?.on("response", (incoming) => this.#onDeclined(incoming));
  }

  /** What http-proxy reads of a request, with the headers that the dyno is to get. */
  #requestView(): IncomingMessage {
    const { rawHeaders, headers, httpVersion } = this.#request;
    const { host, peerAddress, isTrusted, port, requestId, startedAt, protocol } = this.#visit;
    const forwardedFor = headers["x-forwarded-for"];
    const raw = requestHeaders(rawHeaders, "GET", {
      httpVersion,
      connection: headers.connection,
      forwardedFor: Array.isArray(forwardedFor) ? forwardedFor.join(", ") : forwardedFor,
      clientAddress: peerAddress,
      isTrusted,
      protocol,
      port,
      host,
      requestId,
      startedAt,
      body: "none",
      upgrade: "websocket",
      prefix: strippedPrefix(this.#place),
    });
    return {
      method: "GET",
      url: this.#pathForDyno(),
      headers: { ...grouped(raw), upgrade: "websocket" },
    } as unknown as IncomingMessage;
  }

  #pathForDyno(): string {
    return this.#place === undefined ? this.#visit.path : pathWithin(this.#place, this.#visit.path);
  }

  #onRequest(outgoing: ClientRequest): void {
    this.#outgoing = outgoing;
    // http-proxy joins repeated slashes.
    outgoing.path = this.#pathForDyno();
    outgoing.setTimeout(this.#limits.firstByteMs, () => {
      if (!this.#answered) this.#refuse(faults.firstByteTimeout);
      outgoing.destroy();
    });
  }

  /** The dyno answers as it would any other request. */
  #onDeclined(incoming: IncomingMessage): void {
    this.#answered = true;
    this.#outcome.status = incoming.statusCode ?? 0;
    const response = this.#response();
    try {
      relayMessage(incoming, response, {
        idleMs: this.#limits.idleMs,
        hsts: undefined,
        dresser: undefined,
        onBytes: (count) => {
          this.#outcome.bytes += count;
        },
        onClientIdle: () => {
          this.#outcome.fault = interruptions.clientIdle;
        },
        onBroken: () => {
          this.#outcome.fault = interruptions.byDyno;
        },
      });
    } catch (error) {
      this.#router.log.warn(
        { err: error, app: this.#outcome.app?.routes.app },
        "dyno sent headers that cannot be passed on",
      );
      this.#refuse(faults.malformedResponse);
    }
  }

  #onOpen(dyno: Socket): void {
    this.#answered = true;
    this.#outcome.status = 101;
    const { state } = this.#outcome;
    if (state !== undefined) state.upgraded = (state.upgraded ?? new Set()).add(this.#client);
    dyno.on("data", (chunk: Buffer) => {
      this.#outcome.bytes += chunk.length;
    });
    // What passes in either direction passes here. Many clients that are gone never say so.
    this.#client.setTimeout(this.#limits.idleMs, () => {
      this.#outcome.fault = interruptions.idle;
      this.#client.destroy();
    });
    // http-proxy passes on an orderly end; a connection that breaks takes the other one with it.
    dyno.once("close", () => this.#client.destroySoon());
    dyno.once("error", () => this.#client.destroy());
  }

  #onError(error: Error): void {
    if (this.#outcome.status === 101) this.#client.destroy();
    else if (!this.#answered && !this.#client.destroyed) {
      const malformed = (error as NodeJS.ErrnoException).code?.startsWith("HPE_");
      this.#refuse(malformed ? faults.malformedResponse : faults.closedWithoutResponse);
    }
  }

  #redirect(location: string): void {
    this.#answered = true;
    this.#outcome.status = answerRedirect(location, this.#request, this.#response(), this.#visit);
  }

  #refuse(fault: Fault): void {
    this.#answered = true;
    refuse(this.#router, fault, this.#request, this.#response(), this.#visit, this.#outcome);
  }

  /** An ordinary answer on a connection that node has handed over for the upgrade; it ends the connection. */
  #response(): ServerResponse {
    const response = new ServerResponse(this.#request);
    response.shouldKeepAlive = false;
    response.on("error", () => this.#client.destroy());
    response.on("finish", () => this.#client.end());
    response.assignSocket(this.#client);
    this.#client.resume();
    return response;
  }

  #onClose(): void {
    this.#gone.abort();
    this.#switches?.leave(this.#visit.clientAddress);
    const { state } = this.#outcome;
    state?.upgraded?.delete(this.#client);
    const dyno = this.#dyno;
    const done = () => {
      if (state !== undefined) this.#router.balancer.closed(state);
    };
    if (dyno === undefined || dyno.destroyed) done();
    else {
      dyno.once("close", done);
      dyno.destroy();
    }
    if (!this.#answered) {
      this.#outcome.status = 499;
      this.#outcome.fault = interruptions.byClient;
    }
    logAccess(this.#router, this.#visit, this.#outcome);
  }
}

/** Hands one connection that stands already to one request. */
class ConnectedAgent extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ keepAlive: false, maxSockets: 1 });
    this.#socket = socket;
  }

  override createConnection(): Socket {
    return this.#socket;
  }

  override destroy(): void {
    this.#socket.destroy();
    super.destroy();
  }
}

let loading: Promise<{ default: typeof HttpProxy }> | undefined;

/** On the first upgrade: it costs a worker 10 MB that many never need. */
function loadHttpProxy(): Promise<{ default: typeof HttpProxy }> {
  loading ??= import("http-proxy");
  return loading;
}

function grouped(raw: readonly string[]): { [name: string]: string | string[] } {
  const headers: { [name: string]: string | string[] } = Object.create(null);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const before = headers[name];
    headers[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return headers;
}
