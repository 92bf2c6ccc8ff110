import type { ServerResponse } from "node:http";
import { responseHeaders } from "./headers.ts";
import { pump } from "./pump.ts";
import type { UpstreamResponse } from "./upstream.ts";

export interface RelayEvents {
  onBytes(count: number): void;
  /** The dyno's answer broke off; the client's connection is cut already. */
  onBroken(error: NodeJS.ErrnoException): void;
}

/** Passes a dyno's answer to the client. Throws, before anything is sent, for headers that node will not write. */
export function relay(from: UpstreamResponse, to: ServerResponse, events: RelayEvents): void {
  const { method = "GET", httpVersion } = to.req;
  const facts = { status: from.status, method, httpVersion, dynoHttpVersion: from.httpVersion };
  const headers = responseHeaders(from.headers, facts);
  to.writeHead(from.status, from.reason, headers as unknown as string[]);
  let begun = false;
  const undo = pump(from.body, to, (count) => {
    begun = true;
    events.onBytes(count);
  });
  from.body.on("end", () => {
    undo();
    begun = true;
    const trailers = from.trailers();
    if (trailers.length > 0) to.addTrailers(pairs(trailers));
    to.end();
  });
  from.body.on("error", (error) => {
    undo();
    cut(to, headers);
    events.onBroken(error);
  });
  to.on("close", undo);
  // The head travels with the first bytes of the body, where they come at once; an event stream may begin with silence.
  setImmediate(() => {
    if (!begun && !to.destroyed) to.flushHeaders();
  });
}

/** Ends the connection so that the client sees a broken answer, never a short one that looks whole. */
function cut(to: ServerResponse, headers: readonly string[]): void {
  const hasLength = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === "content-length");
  // Only a reset can be told from the end of the body where nothing else marks it.
  if (to.chunkedEncoding || hasLength) to.socket?.destroy();
  else to.socket?.resetAndDestroy();
}

export function pairs(flat: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) result.push([flat[i] as string, flat[i + 1] as string]);
  return result;
}
