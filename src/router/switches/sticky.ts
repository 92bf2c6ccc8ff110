import { createHash } from "node:crypto";
import type { TargetState } from "../balancer.ts";

const cookieName = "berth-dyno";
const pattern = new RegExp(`(?:^|;) *${cookieName}=([\\w-]{16})(?:;|$)`);
const marks = new WeakMap<TargetState, string>();

/** The dyno that the visitor's cookie names, where it is still there. */
export function stickyTarget(cookie: string | undefined, targets: readonly TargetState[]): TargetState | undefined {
  const [, mark] = pattern.exec(cookie ?? "") ?? [];
  return mark === undefined ? undefined : targets.find((state) => markOf(state) === mark);
}

/** A cookie for the session, which scripts do not see. */
export function stickyCookie(state: TargetState, isSecure: boolean): string {
  return `${cookieName}=${markOf(state)}; Path=/; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
}

/** Says nothing of the container to those who cannot know it. */
function markOf(state: TargetState): string {
  let mark = marks.get(state);
  if (mark === undefined) {
    mark = createHash("sha256").update(state.target.id).digest("base64url").slice(0, 16);
    marks.set(state, mark);
  }
  return mark;
}
