import { type Fault, faults } from "./faults.ts";
import type { UpstreamFailure } from "./upstream.ts";

/** What the request is like, and what was done for it so far. */
export interface Attempts {
  /** Idempotent and without a body: sending it twice does no harm. */
  readonly replayable: boolean;
  readonly count: number;
  /** It was already sent a second time after a first one may have reached a dyno. */
  readonly replayed: boolean;
  /** There are targets that were not tried. */
  readonly others: boolean;
}

/** `other`: to a target that was not tried. `fresh`: to any, on a new connection. */
export type NextStep = { readonly retry: "other" | "fresh"; readonly replay: boolean } | { readonly fault: Fault };

// Heroku's router gives up after as many.
const attemptLimit = 10;

const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export function isReplayable(method: string, hasBody: boolean): boolean {
  return !hasBody && idempotent.has(method);
}

export function afterFailure(failure: UpstreamFailure, attempts: Attempts): NextStep {
  const { kind, nothingSent, answerBegun, stale } = failure;
  if (nothingSent && (kind === "refused" || kind === "connect-timeout")) {
    if (attempts.others && attempts.count < attemptLimit) return { retry: "other", replay: false };
    return { fault: kind === "connect-timeout" ? faults.connectTimeout : faults.refused };
  }
  if (kind === "exhausted") return { fault: faults.noDescriptors };
  if (kind === "first-byte-timeout") return { fault: faults.firstByteTimeout };
  if (kind === "body-timeout") return { fault: faults.clientIdle };
  if (kind === "malformed") return { fault: faults.malformedResponse };
  if (kind === "restricted") return { fault: faults.restrictedResponse };
  if (!answerBegun && attempts.replayable && !attempts.replayed) {
    if (stale) return { retry: "fresh", replay: true };
    if (attempts.others) return { retry: "other", replay: true };
  }
  return { fault: faults.closedWithoutResponse };
}
