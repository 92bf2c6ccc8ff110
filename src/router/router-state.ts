import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressList } from "../lib/address-list.ts";
import type { AccessLog } from "./access-log.ts";
import type { Balancer, TargetState } from "./balancer.ts";
import type { Descriptors } from "./descriptors.ts";
import type { Entries } from "./entries.ts";
import { errorPage } from "./error-page.ts";
import type { ErrorPages } from "./error-pages.ts";
import type { Fault } from "./faults.ts";
import { grpcError, isGrpc } from "./grpc-error.ts";
import { closeUnread } from "./lingering.ts";
import type { Limits } from "./options.ts";
import { refineFault } from "./refine-fault.ts";
import type { Routes } from "./route-table.ts";
import type { RoutedApp } from "./routed-app.ts";
import type { SecureContexts } from "./tls/contexts.ts";
import type { TrafficCounters } from "./traffic-counters.ts";
import type { Upstream } from "./upstream.ts";
import type { Visit } from "./visit.ts";
import type { WorkerLog } from "./worker-log.ts";

/** What every request of a worker shares. */
export interface RouterState {
  readonly routes: Routes;
  readonly entries: Entries;
  readonly contexts: SecureContexts;
  /** Undefined where the worker takes plain connections only. */
  readonly httpsPort: number | undefined;
  readonly balancer: Balancer;
  readonly upstream: Upstream;
  /** To dynos of apps whose backend is `h2c`. */
  readonly h2c: Upstream;
  readonly accessLog: AccessLog;
  readonly pages: ErrorPages;
  readonly traffic: TrafficCounters;
  readonly log: WorkerLog;
  readonly descriptors: Descriptors;
  readonly limits: Limits;
  /** Proxies before us; undefined where there are none. */
  readonly trusted: AddressList | undefined;
  /** They say by the PROXY protocol where a connection comes from. */
  readonly proxyProtocol: boolean;
  /** Folder for what does not fit into memory. */
  readonly scratch: string;
  /** The worker takes no new connections: clients are told to leave the ones they have. */
  retiring: boolean;
}

/** What the access log and the counters will say of a request. */
export interface Outcome {
  app: RoutedApp | undefined;
  state: TargetState | undefined;
  connectedAt: number | undefined;
  status: number;
  bytes: number;
  fault: { readonly code: string; readonly desc: string } | undefined;
}

export function emptyOutcome(): Outcome {
  return { app: undefined, state: undefined, connectedAt: undefined, status: 0, bytes: 0, fault: undefined };
}

export function logAccess(router: RouterState, visit: Visit, outcome: Outcome): void {
  const endedAt = Date.now();
  const { startedAt, method, path, host, requestId, clientAddress, httpVersion, protocol, tlsVersion } = visit;
  const connectedAt = outcome.connectedAt;
  router.traffic.count(outcome.app?.routes.app ?? "", outcome, endedAt - startedAt);
  router.accessLog.write({
    endedAt,
    method,
    path,
    host,
    requestId,
    clientAddress,
    httpVersion,
    protocol,
    tlsVersion,
    app: outcome.app?.routes.app,
    dyno: outcome.state?.target.dyno,
    connectMs: connectedAt === undefined ? undefined : connectedAt - startedAt,
    serviceMs: endedAt - (connectedAt ?? startedAt),
    status: outcome.status,
    bytes: outcome.bytes,
    fault: outcome.fault,
  });
}

// More than this of an unwanted body is not read to keep a connection.
const discardLimit = 1024 * 1024;

// Where the next request begins on the connection is not certain, or it may never come.
const endsConnection = new Set([400, 499, 413, 414, 417, 431, 501]);

/** Ends a request that no app answers, with a page that says why; `outcome` is told. */
export function refuse(
  router: RouterState,
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit,
  outcome: Outcome,
): void {
  const refined = refineFault(fault, outcome.app?.routes);
  outcome.status = refined.status;
  outcome.fault = refined;
  const page = router.pages.find(router.routes, outcome.app, refined);
  outcome.bytes = answerFault(refined, request, response, visit, page);
}

/** Sends the page, or our own. Returns its size. */
function answerFault(
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit,
  custom: string | undefined,
): number {
  if (isGrpc(request.httpVersion, request.headers["content-type"])) {
    response.writeHead(200, grpcError(fault, visit.requestId) as unknown as string[]).end();
    return 0;
  }
  const page = errorPage(fault, request.headers.accept, visit.requestId, custom);
  if (isUnread(request, visit) || endsConnection.has(fault.status)) closeUnread(request, response);
  response.writeHead(page.status, page.headers as unknown as string[]);
  response.end(request.method === "HEAD" ? undefined : page.body);
  return request.method === "HEAD" ? 0 : Buffer.byteLength(page.body);
}

/** Whether more of the body may come than is worth reading for a connection's sake. */
export function isUnread(request: IncomingMessage, visit: Visit): boolean {
  const length = Number(request.headers["content-length"] ?? 0);
  return !request.complete && (visit.body === "chunked" || !(length <= discardLimit));
}
