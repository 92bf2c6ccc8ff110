import type { IncomingMessage, ServerResponse } from "node:http";
import type { Entries } from "../entries.ts";

const prefix = "/.well-known/acme-challenge/";

/** Answers a CA that wants to see a token of ours; false for any other request, which may be for a client inside an app. */
export function answerChallenge(entries: Entries, request: IncomingMessage, response: ServerResponse): boolean {
  if (!request.url?.startsWith(prefix)) return false;
  const answer = entries.httpResponse(request.url.slice(prefix.length));
  if (answer === undefined || (request.method !== "GET" && request.method !== "HEAD")) return false;
  response.writeHead(200, {
    "Content-Type": "application/octet-stream",
    "Content-Length": Buffer.byteLength(answer),
    "Cache-Control": "no-store",
    Connection: "close",
  });
  response.end(request.method === "HEAD" ? undefined : answer);
  return true;
}
