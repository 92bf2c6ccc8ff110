import { UserError } from "../../model/errors.ts";
import { RetryLater } from "../issuer.ts";
import type { Answer } from "./http.ts";

/** RFC 7807, as authorities use it. */
export interface Problem {
  readonly type?: string;
  readonly detail?: string;
  readonly subproblems?: readonly (Problem & { readonly identifier?: { readonly value?: string } })[];
}

const prefix = "urn:ietf:params:acme:error:";
// Where it is asked to wait and not told how long.
const patienceMs = 3_600_000;

export function problemOf({ text }: Answer): Problem {
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === "object" && problem !== null ? problem : {};
  } catch {
    return { detail: text.slice(0, 200) };
  }
}

export function isProblem(problem: Problem, type: string): boolean {
  return problem.type === prefix + type;
}

/** `what`: what it was asked for, as "an order for example.com". */
export function refusal(what: string, answer: Answer, now: number): Error {
  const problem = problemOf(answer);
  const reason = reasonOf(problem) || `status ${answer.status}`;
  const after = retryAfter(answer, now);
  if (answer.status === 429 || answer.status === 503 || isProblem(problem, "rateLimited")) {
    return new RetryLater(`${what}: the authority has had enough for now: ${reason}`, after ?? now + patienceMs);
  }
  return new UserError("acme-refused", `${what}: the authority refuses it: ${reason}`, { hint: hintFor(problem) });
}

/** With the names that it is about, where it says so. */
export function reasonOf({ type = "", detail = "", subproblems = [] }: Problem): string {
  const parts = subproblems.map((problem) => `${problem.identifier?.value ?? "?"}: ${reasonOf(problem)}`);
  return [detail || type.replace(prefix, ""), ...parts].filter((part) => part !== "").join("; ");
}

/** Unix milliseconds; the header has seconds, or a date. */
export function retryAfter({ headers }: Answer, now: number): number | undefined {
  const value = headers["retry-after"];
  if (value === undefined) return undefined;
  const at = /^\d+$/.test(value) ? now + Number(value) * 1000 : Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

export function hintFor(problem: Problem): string {
  if (isProblem(problem, "dns"))
    return "Point the DNS record of the domain at this machine, and wait until it is known";
  if (isProblem(problem, "connection")) return "Let ports 80 and 443 of this machine be reached from the internet";
  if (isProblem(problem, "rejectedIdentifier")) return "Only names that are known in the public DNS can have one";
  return "See: letsencrypt:report";
}
