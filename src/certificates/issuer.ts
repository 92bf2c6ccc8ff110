import type { AlpnChallenge, HttpChallenge } from "../model/certificate.ts";

/** Makes certificates. Told, never decides: who gets one, when, and what becomes of it is the business of its caller. */
export interface Issuer {
  /** Throws UserError that names the domain and what the authority saw; `RetryLater` where it says when to come back. */
  issue(request: IssueRequest, signal: AbortSignal): Promise<Issued>;
}

export interface IssueRequest {
  /** In lower case, ASCII; may begin with `*.`. At least one. */
  readonly names: readonly string[];
  /** Which authority is asked, for issuers that ask one. */
  readonly authority?: Authority;
  /** Tells a person how far it is. */
  onStep?(text: string): void;
}

export interface Authority {
  /** URL of its directory. */
  readonly directory: string;
  readonly email: string | undefined;
  /** PEM of roots that its own server may be signed by, besides those that everybody trusts. */
  readonly roots: string | undefined;
  /** For names that are no wildcards. */
  readonly challenge: ChallengeType;
}

export type ChallengeType = "http-01" | "tls-alpn-01" | "dns-01";

/** Puts in place what an authority is going to look at. */
export interface Solver {
  /** Resolves when every router worker answers it. */
  present(entry: HttpChallenge | AlpnChallenge): Promise<void>;
  withdraw(id: string): Promise<void>;
  /** Undefined where nothing is configured. `present` resolves when the record can be seen. */
  readonly dns: DnsRecords | undefined;
}

export interface DnsRecords {
  present(name: string, value: string): Promise<void>;
  withdraw(name: string, value: string): Promise<void>;
}

/** In PEM; the chain has the certificate that was asked for first. */
export interface Issued {
  readonly chain: string;
  readonly key: string;
}

/** The authority wants to be left alone until then. */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  /** Unix milliseconds. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}
