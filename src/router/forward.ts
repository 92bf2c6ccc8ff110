import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { TargetState } from "./balancer.ts";
import { type Fault, faults, interruptions } from "./faults.ts";
import { informationHeaders, type RawHeaders, requestHeaders } from "./headers.ts";
import { discardRest } from "./lingering.ts";
import { type Place, pathWithin, strippedPrefix } from "./place.ts";
import type { Release } from "./read-buffer.ts";
import { answerRedirect, redirectOf } from "./redirect.ts";
import { type AnswerDresser, Relay, type RelayOptions } from "./relay.ts";
import { afterFailure, isReplayable } from "./retry.ts";
import type { RoutedApp } from "./routed-app.ts";
import { emptyOutcome, logAccess, type Outcome, type RouterState, refuse } from "./router-state.ts";
import type { AppSwitches } from "./switches/app-switches.ts";
import { bufferBody } from "./switches/buffered-body.ts";
import { choose } from "./switches/choose.ts";
import { debugHeaders, wantsDebug } from "./switches/debug.ts";
import { SwitchedDresser } from "./switches/dresser.ts";
import { passage, visitorOf } from "./switches/passage.ts";
import { stickyCookie, stickyTarget } from "./switches/sticky.ts";
import type { Exchange, UpstreamEvents, UpstreamFailure, UpstreamRequest, UpstreamResponse } from "./upstream.ts";
import { lengthFault, readVisit, unplacedFault, type Visit } from "./visit.ts";

// Of a body that is read before the app gets the request, where the app has no limit of its own.
const bufferLimit = 1024 * 1024 * 1024;

/** Takes one request to a dyno of its app, and the answer back. */
export function forward(
  router: RouterState,
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue = false,
): void {
  const forwarding = new Forwarding(router, request, response, expectsContinue);
  try {
    forwarding.begin();
  } catch (error) {
    forwarding.onBug(error);
  }
}

class Forwarding implements UpstreamEvents, RelayOptions {
  readonly #router: RouterState;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #visit: Visit;
  readonly #outcome: Outcome = emptyOutcome();
  #tried: Set<TargetState> | undefined;
  #expectsContinue: boolean;
  #place: Place | undefined;
  #message: Omit<UpstreamRequest, "fresh"> | undefined;
  #exchange: Exchange | undefined;
  #relay: Relay | undefined;
  /** Of the app, once they have let the request in. */
  #switches: AppSwitches | undefined;
  #counted = false;
  /** Its whole body, where that is read before a dyno gets it. */
  #body: Readable | undefined;
  #attempts = 0;
  #replayed = false;

  constructor(router: RouterState, request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) {
    this.#router = router;
    this.#request = request;
    this.#response = response;
    this.#visit = readVisit(request, router.trusted);
    this.#expectsContinue = expectsContinue;
  }

  begin(): void {
    this.#response.on("close", () => this.#onClose());
    // A write that comes after the client has gone; `close` tells the same and does what is to be done.
    this.#response.on("error", () => undefined);
    if (this.#router.descriptors.refuses(this.#request)) {
      this.#response.shouldKeepAlive = false;
      this.#refuse(faults.noDescriptors);
      return;
    }
    const { host, path } = this.#visit;
    const place = this.#visit.fault === undefined ? this.#router.routes.place(host, path) : undefined;
    const fault = this.#visit.fault ?? lengthFault(this.#visit, place?.app);
    this.#place = place;
    this.#outcome.app = place?.app;
    const redirect = place && redirectOf(this.#router, this.#visit, place);
    if (fault !== undefined || place === undefined) this.#refuse(fault ?? unplacedFault(this.#visit));
    else if (place.app.routes.maintenance) this.#refuse(faults.maintenance);
    else if (redirect !== undefined) this.#redirect(redirect);
    else if (place.app.switches !== undefined) this.#enter(place.app, place.app.switches);
    else this.#attempt(false);
  }

  onBug(error: unknown): void {
    this.#router.log.error({ err: error }, "bug: request failed");
    this.#exchange?.abort();
    if (this.#response.headersSent) this.#response.destroy();
    else this.#refuse(faults.broken);
  }

  #redirect(location: string): void {
    if (this.#router.retiring) this.#response.shouldKeepAlive = false;
    this.#outcome.status = answerRedirect(location, this.#request, this.#response, this.#visit);
  }

  #enter(app: RoutedApp, switches: AppSwitches): void {
    const visitor = visitorOf(this.#request, this.#visit);
    const refused = switches.enter(visitor);
    if (refused !== undefined) {
      this.#refuse(refused);
      return;
    }
    this.#switches = switches;
    const passed = passage(app, switches, visitor, (listener) => this.#response.once("close", listener));
    if (passed instanceof Promise) passed.then((fault) => this.#onPassed(fault)).catch((error) => this.onBug(error));
    else this.#onPassed(passed);
  }

  #onPassed(fault: Fault | undefined): void {
    if (this.#response.destroyed) return;
    if (fault !== undefined) this.#refuse(fault);
    else if (this.#visit.body === "none" || !this.#switches?.switches.bufferRequests) this.#attempt(false);
    else this.#bufferBody(this.#switches.switches.bodyLimit).catch((error) => this.onBug(error));
  }

  async #bufferBody(limit = bufferLimit): Promise<void> {
    const { idleMs } = this;
    if (this.#expectsContinue) this.#response.writeContinue();
    this.#expectsContinue = false;
    const body = await bufferBody(this.#request, { folder: this.#router.scratch, limit, idleMs });
    if (typeof body !== "string") {
      this.#body = body.once("error", (error) => this.onBug(error));
      if (!this.#response.destroyed) this.#attempt(false);
      else body.destroy();
    } else if (!this.#response.destroyed) this.#refuse(body === "idle" ? faults.clientIdle : faults.bodyTooLarge);
  }

  #attempt(fresh: boolean): void {
    const state = this.#pick();
    if (state === undefined) this.#refuse(faults.noWebDynos);
    else this.#send(state, fresh);
  }

  #pick(): TargetState | undefined {
    const { balancer } = this.#router;
    const { app } = this.#outcome;
    if (this.#switches === undefined || app === undefined) return balancer.pick(app?.targets ?? [], this.#tried);
    const { clientAddress } = this.#visit;
    const { cookie } = this.#request.headers;
    return choose(balancer, app, this.#switches, { clientAddress, cookie, tried: this.#tried });
  }

  #send(state: TargetState, fresh: boolean): void {
    this.#outcome.state = state;
    this.#attempts++;
    this.#router.balancer.opened(state);
    this.#message ??= this.#compose();
    const upstream = this.#outcome.app?.routes.backend === "h2c" ? this.#router.h2c : this.#router.upstream;
    this.#exchange = upstream.send(state.target, { ...this.#message, fresh }, this);
  }

  #compose(): Omit<UpstreamRequest, "fresh"> {
    const { method, path, host, requestId, peerAddress, isTrusted, port, startedAt, body, protocol } = this.#visit;
    const { rawHeaders, headers, httpVersion } = this.#request;
    const forwardedFor = headers["x-forwarded-for"];
    const request = this.#request;
    return {
      method,
      path: this.#place === undefined ? path : pathWithin(this.#place, path),
      replayable: isReplayable(method, body !== "none"),
      headers: requestHeaders(rawHeaders, method, {
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
        body,
        prefix: strippedPrefix(this.#place),
      }),
      body:
        body === "none"
          ? undefined
          : { stream: this.#body ?? request, chunked: body === "chunked", trailers: () => request.rawTrailers },
      limits: this.#outcome.app?.limits ?? this.#router.limits,
    };
  }

  onConnected(): void {
    this.#outcome.connectedAt = Date.now();
    this.#watchBody();
    if (!this.#expectsContinue) return;
    this.#expectsContinue = false;
    this.#response.writeContinue();
  }

  /** What does not say its length is counted as it comes. */
  #watchBody(): void {
    const limit = this.#switches?.switches.bodyLimit;
    if (limit === undefined || this.#visit.body !== "chunked" || this.#counted || this.#body !== undefined) return;
    this.#counted = true;
    let count = 0;
    this.#request.on("data", (chunk: Buffer) => {
      count += chunk.length;
      if (count > limit && this.#outcome.fault === undefined) this.#onTooLarge();
    });
  }

  #onTooLarge(): void {
    this.#exchange?.abort();
    if (!this.#response.headersSent) this.#refuse(faults.bodyTooLarge);
    else {
      this.#outcome.fault = faults.bodyTooLarge;
      this.#relay?.cut();
    }
  }

  onInformation(status: number, headers: readonly string[]): void {
    if (this.#request.httpVersion === "1.0" || this.#response.headersSent) return;
    this.#response.writeInformation(status, informationHeaders(headers));
  }

  onResponse(answer: UpstreamResponse): void {
    const { balancer, retiring } = this.#router;
    if (this.#outcome.state !== undefined) balancer.answered(this.#outcome.state);
    if (retiring) this.#response.shouldKeepAlive = false;
    this.#relay = new Relay(this.#response, this.#exchange as Exchange, this);
    try {
      this.#relay.begin(answer);
      this.#outcome.status = answer.status;
    } catch (error) {
      this.#router.log.warn(
        { err: error, app: this.#outcome.app?.routes.app },
        "dyno sent headers that cannot be passed on",
      );
      this.#exchange?.abort();
      this.#refuse(faults.malformedResponse);
    }
  }

  onData(chunk: Buffer, release: Release | undefined): void {
    this.#relay?.data(chunk, release);
  }

  onEnd(trailers: RawHeaders): void {
    this.#relay?.end(trailers);
  }

  get idleMs(): number {
    return (this.#outcome.app?.limits ?? this.#router.limits).idleMs;
  }

  get dresser(): AnswerDresser | undefined {
    return this.#switches === undefined ? undefined : this.#dresser(this.#switches);
  }

  #dresser({ switches: { compress = false, sticky, debugToken } }: AppSwitches): AnswerDresser | undefined {
    const { headers } = this.#request;
    const added = sticky ? this.#stickyHeaders(headers.cookie) : [];
    if (debugToken !== undefined && wantsDebug(this.#request, debugToken)) {
      added.push(...debugHeaders(this.#outcome, this.#visit.startedAt, this.#attempts));
    }
    if (!compress && added.length === 0) return undefined;
    const acceptEncoding = headers["accept-encoding"]?.toString();
    return new SwitchedDresser({ compress, method: this.#visit.method, acceptEncoding, added });
  }

  /** Only where the visitor's cookie does not lead here yet. */
  #stickyHeaders(cookie: string | undefined): string[] {
    const { state } = this.#outcome;
    if (state === undefined || stickyTarget(cookie, [state]) !== undefined) return [];
    return ["Set-Cookie", stickyCookie(state, this.#visit.protocol === "https")];
  }

  get hsts(): string | undefined {
    return this.#visit.protocol === "https" ? this.#outcome.app?.routes.tls?.hsts : undefined;
  }

  onBytes(count: number): void {
    this.#outcome.bytes += count;
  }

  onClientIdle(): void {
    this.#outcome.fault = interruptions.clientIdle;
    this.#outcome.status = 499;
  }

  onBroken(error: NodeJS.ErrnoException): void {
    this.#outcome.fault = error.code === "ETIMEDOUT" ? interruptions.idle : interruptions.byDyno;
    this.#relay?.cut();
  }

  onFailure(failure: UpstreamFailure): void {
    const { state, app } = this.#outcome;
    if (this.#response.destroyed || state === undefined) return;
    const { balancer } = this.#router;
    if (failure.kind === "refused" || failure.kind === "connect-timeout") balancer.putAside(state);
    if (failure.kind === "exhausted") this.#router.descriptors.complain({ err: failure.cause });
    if (!failure.stale) this.#tried = (this.#tried ?? new Set()).add(state);
    const step = afterFailure(failure, {
      replayable: this.#message?.replayable === true,
      count: this.#attempts,
      replayed: this.#replayed,
      others: app?.targets.some((other) => this.#tried?.has(other) !== true) === true,
    });
    if ("fault" in step) {
      this.#refuse(step.fault);
      return;
    }
    this.#outcome.state = undefined;
    this.#replayed ||= step.replay;
    this.#attempt(step.retry === "fresh");
    balancer.closed(state);
  }

  #refuse(fault: Fault): void {
    if (this.#router.retiring) this.#response.shouldKeepAlive = false;
    refuse(this.#router, fault, this.#request, this.#response, this.#visit, this.#outcome);
  }

  /** Comes once, after the last byte or when the client has gone. */
  #onClose(): void {
    this.#exchange?.abort();
    this.#relay?.close();
    this.#body?.destroy();
    this.#switches?.leave(this.#visit.clientAddress);
    if (!this.#request.complete) discardRest(this.#request);
    if (this.#outcome.state !== undefined) this.#router.balancer.closed(this.#outcome.state);
    if (!this.#response.writableFinished && this.#outcome.fault === undefined) {
      this.#outcome.fault = interruptions.byClient;
      this.#outcome.status = 499;
    }
    logAccess(this.#router, this.#visit, this.#outcome);
  }
}
