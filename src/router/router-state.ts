import type { IncomingMessage, ServerResponse } from "node:http";
import type { AccessLog } from "./access-log.ts";
import type { Balancer, TargetState } from "./balancer.ts";
import { errorPage } from "./error-page.ts";
import type { Fault } from "./faults.ts";
import type { Limits } from "./options.ts";
import type { RoutedApp, Routes } from "./route-table.ts";
import type { Upstream } from "./upstream.ts";
import type { Visit } from "./visit.ts";
import type { WorkerLog } from "./worker-log.ts";

/** What every request of a worker shares. */
export interface RouterState {
  readonly routes: Routes;
  readonly balancer: Balancer;
  readonly upstream: Upstream;
  readonly accessLog: AccessLog;
  readonly log: WorkerLog;
  readonly limits: Limits;
  /** The worker takes no new connections: clients are told to leave the ones they have. */
  retiring: boolean;
}

/** What the access log will say of a request. */
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
  const { startedAt, method, path, host, requestId, clientAddress } = visit;
  const connectedAt = outcome.connectedAt;
  router.accessLog.write({
    endedAt,
    method,
    path,
    host,
    requestId,
    clientAddress,
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
const endsConnection = new Set([400, 408, 501]);

/** Sends our own page for a request that no app answers. Returns the size of the page. */
export function answerFault(fault: Fault, request: IncomingMessage, response: ServerResponse, visit: Visit): number {
  const page = errorPage(fault, request.headers.accept, visit.requestId);
  const length = Number(request.headers["content-length"] ?? 0);
  const unread = !request.complete && (visit.body === "chunked" || !(length <= discardLimit));
  if (unread || endsConnection.has(fault.status)) response.shouldKeepAlive = false;
  response.writeHead(page.status, page.headers as unknown as string[]);
  response.end(request.method === "HEAD" ? undefined : page.body);
  return request.method === "HEAD" ? 0 : Buffer.byteLength(page.body);
}
