import type { IncomingMessage, ServerResponse } from "node:http";
import { hostName } from "./headers.ts";
import { closeUnread } from "./lingering.ts";
import type { Place } from "./place.ts";
import { isUnread, type RouterState } from "./router-state.ts";
import type { Visit } from "./visit.ts";

/** Where a request is sent instead of to the app: to another host of it, to https, or both at once. Mostly undefined. */
export function redirectOf(router: RouterState, visit: Visit, place: Place): string | undefined {
  const host = place.redirect ?? hostName(visit.host);
  const toSecure = wantsTls(router, visit, place, host);
  if (place.redirect === undefined && !toSecure) return undefined;
  const path = visit.path.startsWith("/") ? visit.path : "";
  if (toSecure) return `https://${host}${router.httpsPort === 443 ? "" : `:${router.httpsPort}`}${path}`;
  // The port is kept where it was written.
  return `${visit.protocol}://${host}${/:\d+$/.exec(visit.host)?.[0] ?? ""}${path}`;
}

/** Returns the status. */
export function answerRedirect(
  location: string,
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit,
): number {
  const body = `Moved to ${location}\n`;
  // 301 lets clients make a GET of a POST.
  const status = visit.method === "GET" || visit.method === "HEAD" ? 301 : 308;
  if (isUnread(request, visit)) closeUnread(request, response);
  response.writeHead(status, {
    Location: location,
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "X-Request-Id": visit.requestId,
  });
  response.end(visit.method === "HEAD" ? undefined : body);
  return status;
}

function wantsTls(router: RouterState, visit: Visit, { app }: Place, host: string): boolean {
  if (visit.protocol === "https" || router.httpsPort === undefined || app.routes.tls?.redirect !== true) return false;
  // To a warning of the browser nobody is sent.
  return router.contexts.hasCertificateFor(app, host);
}
