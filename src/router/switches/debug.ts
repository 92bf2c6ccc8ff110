import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Outcome } from "../router-state.ts";

/** Whether the request has the token of which this is the SHA-256, in hex. */
export function wantsDebug({ headers }: IncomingMessage, tokenHash: string): boolean {
  const token = headers["berth-debug"];
  if (typeof token !== "string") return false;
  const hash = createHash("sha256").update(token, "latin1").digest();
  const wanted = Buffer.from(tokenHash, "hex");
  return wanted.length === hash.length && timingSafeEqual(hash, wanted);
}

/** How a request was routed, up to the first byte of its answer. */
export function debugHeaders({ app, state, connectedAt }: Outcome, startedAt: number, attempts: number): string[] {
  const now = Date.now();
  const connected = connectedAt ?? now;
  const headers = [
    "Berth-App",
    app?.routes.app ?? "",
    "Berth-Dyno",
    state === undefined
      ? ""
      : `${state.target.dyno} ${state.target.id.slice(0, 12)} ${state.target.address}:${state.target.port}`,
    "Berth-Attempts",
    String(attempts),
    "Berth-Worker",
    String(process.pid),
    "Server-Timing",
    `connect;dur=${connected - startedAt}, service;dur=${now - connected}`,
  ];
  if (app?.routes.release !== undefined) headers.push("Berth-Release", `v${app.routes.release}`);
  return headers;
}
