import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Agent, request as httpRequest } from "../lib/node-http.ts";
import type { Target } from "../model/route.ts";
import type { Limits } from "./options.ts";
import { pump } from "./pump.ts";
import { pairs } from "./relay.ts";
import type { Exchange, Upstream, UpstreamEvents, UpstreamFailure, UpstreamRequest } from "./upstream.ts";

const dynoHeaderLimit = 256 * 1024;
const idleConnectionsPerTarget = 64;

type UpstreamLimits = Pick<Limits, "connectMs" | "firstByteMs" | "idleMs" | "dynoKeepAliveMs">;

/** Requests to dynos through node's own client, with one pool of kept connections for each target. */
export class NodeUpstream implements Upstream {
  readonly #agents = new Map<string, Agent>();
  readonly #limits: UpstreamLimits;

  constructor(limits: UpstreamLimits) {
    this.#limits = limits;
  }

  send(target: Target, request: UpstreamRequest, events: UpstreamEvents): Exchange {
    const agent = request.fresh ? false : this.#agentOf(target);
    return new NodeExchange(target, request, events, agent, this.#limits).begin();
  }

  forget(target: Target): void {
    this.#agents.get(target.id)?.destroy();
    this.#agents.delete(target.id);
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #agentOf(target: Target): Agent {
    let agent = this.#agents.get(target.id);
    if (agent === undefined) {
      // The agent closes idle connections after `timeout`, or a second before the dyno's Keep-Alive hint runs out.
      agent = new Agent({
        keepAlive: true,
        timeout: this.#limits.dynoKeepAliveMs,
        maxFreeSockets: idleConnectionsPerTarget,
      });
      this.#agents.set(target.id, agent);
    }
    return agent;
  }
}

class NodeExchange implements Exchange {
  readonly #target: Target;
  readonly #request: UpstreamRequest;
  readonly #events: UpstreamEvents;
  readonly #agent: Agent | false;
  readonly #limits: UpstreamLimits;
  #outgoing: ClientRequest | undefined;
  #incoming: IncomingMessage | undefined;
  #socket: Socket | undefined;
  #readBefore = 0;
  #connected = false;
  #timedOut = false;
  #over = false;
  #stopBody: () => void = () => undefined;

  constructor(
    target: Target,
    request: UpstreamRequest,
    events: UpstreamEvents,
    agent: Agent | false,
    limits: UpstreamLimits,
  ) {
    this.#target = target;
    this.#request = request;
    this.#events = events;
    this.#agent = agent;
    this.#limits = limits;
  }

  begin(): this {
    try {
      const outgoing = httpRequest({
        host: this.#target.address,
        port: this.#target.port,
        method: this.#request.method,
        path: this.#request.path,
        headers: this.#request.headers as string[],
        agent: this.#agent,
        maxHeaderSize: dynoHeaderLimit,
        timeout: this.#limits.connectMs,
      });
      this.#outgoing = outgoing;
      this.#listen(outgoing);
      if (this.#request.body === undefined) outgoing.end();
    } catch (error) {
      // A header or a path that node will not send, though it let it in.
      setImmediate(() => this.#fail("malformed", error));
    }
    return this;
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopBody();
    this.#outgoing?.destroy();
  }

  #listen(outgoing: ClientRequest): void {
    outgoing.on("socket", (socket) => this.#onSocket(socket));
    outgoing.on("timeout", () => this.#onTimeout());
    outgoing.on("information", ({ statusCode, rawHeaders }) => {
      if (!this.#over && statusCode !== 100) this.#events.onInformation(statusCode, rawHeaders);
    });
    outgoing.on("response", (incoming) => this.#onResponse(incoming));
    // An answer of 101 to a request that asked for no upgrade.
    outgoing.on("upgrade", (_incoming, socket) => {
      socket.destroy();
      this.#fail("malformed", new Error("unexpected 101"));
    });
    outgoing.on("error", (error) => this.#onError(error));
  }

  #onSocket(socket: Socket): void {
    this.#socket = socket;
    this.#readBefore = socket.bytesRead;
    if (socket.connecting) socket.once("connect", () => this.#onConnected(socket));
    else this.#onConnected(socket);
  }

  #onConnected(socket: Socket): void {
    if (this.#over) return;
    this.#connected = true;
    // Any byte in either direction starts it anew: a long upload is not a slow answer.
    socket.setTimeout(this.#limits.firstByteMs);
    this.#events.onConnected();
    if (this.#request.body !== undefined) this.#sendBody(this.#request.body);
  }

  #sendBody(body: NonNullable<UpstreamRequest["body"]>): void {
    const outgoing = this.#outgoing as ClientRequest;
    let begun = false;
    const undo = pump(body.stream, outgoing, () => {
      begun = true;
    });
    const onEnd = () => {
      this.#stopBody();
      const trailers = body.trailers();
      if (trailers.length > 0) outgoing.addTrailers(pairs(trailers));
      outgoing.end();
    };
    body.stream.on("end", onEnd);
    this.#stopBody = () => {
      undo();
      body.stream.off("end", onEnd);
    };
    // The head travels with the first bytes of the body, where they come at once.
    setImmediate(() => {
      if (!begun && !outgoing.writableEnded && !this.#over) outgoing.flushHeaders();
    });
  }

  #onResponse(incoming: IncomingMessage): void {
    if (this.#over) {
      incoming.destroy();
      return;
    }
    this.#incoming = incoming;
    this.#socket?.setTimeout(this.#limits.idleMs);
    incoming.on("close", () => {
      if (incoming.complete) this.#finish();
    });
    this.#events.onResponse({
      status: incoming.statusCode ?? 0,
      reason: incoming.statusMessage ?? "",
      httpVersion: incoming.httpVersion,
      headers: incoming.rawHeaders,
      body: incoming,
      trailers: () => incoming.rawTrailers,
    });
  }

  /** The whole answer is here. A dyno that answers before it has read the body may not read the rest: stop sending it. */
  #finish(): void {
    if (this.#over) return;
    const unfinished = this.#outgoing?.writableEnded === false;
    if (unfinished) this.abort();
    this.#over = true;
  }

  #onTimeout(): void {
    this.#timedOut = true;
    const error = Object.assign(new Error("no byte in time"), { code: "ETIMEDOUT" });
    if (this.#incoming !== undefined) this.#incoming.destroy(error);
    else this.#outgoing?.destroy(error);
  }

  #onError(error: NodeJS.ErrnoException): void {
    // After the response began, its body carries the error.
    if (this.#incoming !== undefined) return;
    if (this.#timedOut) this.#fail(this.#timeoutKind(), error);
    else if (!this.#connected) this.#fail("refused", error);
    else if (error.code?.startsWith("HPE_")) this.#fail("malformed", error);
    else this.#fail("closed", error);
  }

  #timeoutKind(): UpstreamFailure["kind"] {
    if (!this.#connected) return "connect-timeout";
    const outgoing = this.#outgoing as ClientRequest;
    return outgoing.writableEnded || outgoing.writableNeedDrain ? "first-byte-timeout" : "body-timeout";
  }

  #fail(kind: UpstreamFailure["kind"], cause: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopBody();
    const unanswered = this.#socket === undefined || this.#socket.bytesRead === this.#readBefore;
    const stale = kind === "closed" && this.#outgoing?.reusedSocket === true && unanswered;
    this.#events.onFailure({ kind, nothingSent: !this.#connected, stale, cause });
  }
}
